// How referrals are drawn: lines of one kind for the WebGL renderer, some of them dashed.
import { EdgeProgram, floatColor } from "./vendor/sigma.js";

const VERTEX = `
attribute vec4 a_id;
attribute vec4 a_color;
attribute vec2 a_from;
attribute vec2 a_to;
attribute float a_width;
attribute float a_dash;
attribute vec2 a_corner;

uniform mat3 u_matrix;
uniform float u_sizeRatio;
uniform float u_correctionRatio;

varying vec4 v_color;
varying float v_along;
varying float v_dash;

void main() {
  vec2 line = a_to - a_from;
  float span = max(length(line), 1e-9);
  vec2 across = vec2(-line.y, line.x) / span;
  // Widths shrink with the picture as nodes do, down to a hair.
  float pixels = max(a_width / u_sizeRatio, 0.7);
  vec2 place = mix(a_from, a_to, a_corner.x) + across * a_corner.y * pixels * u_correctionRatio;
  gl_Position = vec4((u_matrix * vec3(place, 1.0)).xy, 0.0, 1.0);
  v_along = a_corner.x * span / u_correctionRatio;
  v_dash = a_dash;
  #ifdef PICKING_MODE
  v_color = a_id;
  #else
  v_color = a_color;
  #endif
  v_color.a *= 255.0 / 254.0;
}
`;

const FRAGMENT = `
precision mediump float;
varying vec4 v_color;
varying float v_along;
varying float v_dash;

void main() {
  if (v_dash > 0.0 && mod(v_along, 2.0 * v_dash) > v_dash) discard;
  #ifdef PICKING_MODE
  gl_FragColor = v_color;
  #else
  gl_FragColor = vec4(v_color.rgb * v_color.a, v_color.a);
  #endif
}
`;

const { FLOAT, UNSIGNED_BYTE, TRIANGLES } = WebGLRenderingContext;

/** Lines with `size`, `color` and `dash`: the length of a dash, 0 for a line without gaps. */
export class LineProgram extends EdgeProgram {
  getDefinition() {
    return {
      VERTICES: 6,
      VERTEX_SHADER_SOURCE: VERTEX,
      FRAGMENT_SHADER_SOURCE: FRAGMENT,
      METHOD: TRIANGLES,
      UNIFORMS: ["u_matrix", "u_sizeRatio", "u_correctionRatio"],
      ATTRIBUTES: [
        { name: "a_from", size: 2, type: FLOAT },
        { name: "a_to", size: 2, type: FLOAT },
        { name: "a_width", size: 1, type: FLOAT },
        { name: "a_dash", size: 1, type: FLOAT },
        { name: "a_color", size: 4, type: UNSIGNED_BYTE, normalized: true },
        { name: "a_id", size: 4, type: UNSIGNED_BYTE, normalized: true },
      ],
      CONSTANT_ATTRIBUTES: [{ name: "a_corner", size: 2, type: FLOAT }],
      CONSTANT_DATA: [[0, 1], [0, -1], [1, 1], [1, 1], [0, -1], [1, -1]],
    };
  }

  processVisibleItem(id, at, from, to, edge) {
    const { array } = this;
    array[at++] = from.x;
    array[at++] = from.y;
    array[at++] = to.x;
    array[at++] = to.y;
    array[at++] = edge.size || 1;
    array[at++] = edge.dash || 0;
    array[at++] = floatColor(edge.color);
    array[at++] = id;
  }

  setUniforms(params, { gl, uniformLocations }) {
    gl.uniformMatrix3fv(uniformLocations.u_matrix, false, params.matrix);
    gl.uniform1f(uniformLocations.u_sizeRatio, params.sizeRatio);
    gl.uniform1f(uniformLocations.u_correctionRatio, params.correctionRatio);
  }
}
