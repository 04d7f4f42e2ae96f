// How parties and referrals are drawn with WebGL: discs with a rim, and lines, some of them dashed.
//
// The corners of discs are written out: drawn by the processor, as where there is no graphics card,
// instances of a shape cost ten times as much.
import { EdgeProgram, NodeProgram, floatColor } from "./vendor/sigma.js";

const LINE_VERTEX = `
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

const LINE_FRAGMENT = `
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

const DISC_VERTEX = `
attribute vec4 a_id;
attribute vec4 a_color;
attribute vec4 a_border;
attribute vec2 a_place;
attribute float a_radius;
attribute vec2 a_corner;

uniform mat3 u_matrix;
uniform float u_sizeRatio;
uniform float u_correctionRatio;

varying vec4 v_color;
varying vec4 v_border;
varying vec2 v_at;
varying float v_edge;

void main() {
  float pixels = a_radius / u_sizeRatio;
  vec2 place = a_place + a_corner * pixels * u_correctionRatio * 2.0;
  gl_Position = vec4((u_matrix * vec3(place, 1.0)).xy, 0.0, 1.0);
  v_at = a_corner;
  v_edge = 1.0 / max(pixels, 1.0);
  v_border = a_border;
  #ifdef PICKING_MODE
  v_color = a_id;
  #else
  v_color = a_color;
  #endif
  v_color.a *= 255.0 / 254.0;
}
`;

const DISC_FRAGMENT = `
precision mediump float;
varying vec4 v_color;
varying vec4 v_border;
varying vec2 v_at;
varying float v_edge;

void main() {
  float away = length(v_at);
  if (away > 1.0) discard;
  #ifdef PICKING_MODE
  gl_FragColor = v_color;
  #else
  vec3 color = away > 0.76 ? v_border.rgb : v_color.rgb;
  float seen = clamp((1.0 - away) / v_edge, 0.0, 1.0);
  gl_FragColor = vec4(color * seen, seen);
  #endif
}
`;

const { FLOAT, UNSIGNED_BYTE, TRIANGLES } = WebGLRenderingContext;
const UNIFORMS = ["u_matrix", "u_sizeRatio", "u_correctionRatio"];
const BYTES = { size: 4, type: UNSIGNED_BYTE, normalized: true };
/** Corners of a triangle around a disc of radius 1. */
const AROUND = [0, 1, 2].map((n) => [2 * Math.cos((n * 2 * Math.PI) / 3), 2 * Math.sin((n * 2 * Math.PI) / 3)]);
/** Corners of a line: along it from 0 to 1, and which side. */
const ALONG = [[0, 1], [0, -1], [1, 1], [1, 1], [0, -1], [1, -1]];

function setUniforms(params, { gl, uniformLocations }) {
  gl.uniformMatrix3fv(uniformLocations.u_matrix, false, params.matrix);
  gl.uniform1f(uniformLocations.u_sizeRatio, params.sizeRatio);
  gl.uniform1f(uniformLocations.u_correctionRatio, params.correctionRatio);
}

/** Lines with `size`, `color` and `dash`: the length of a dash, 0 for a line without gaps. */
export class LineProgram extends EdgeProgram {
  getDefinition() {
    return {
      VERTICES: ALONG.length,
      VERTEX_SHADER_SOURCE: LINE_VERTEX,
      FRAGMENT_SHADER_SOURCE: LINE_FRAGMENT,
      METHOD: TRIANGLES,
      UNIFORMS,
      ATTRIBUTES: [
        { name: "a_from", size: 2, type: FLOAT },
        { name: "a_to", size: 2, type: FLOAT },
        { name: "a_width", size: 1, type: FLOAT },
        { name: "a_dash", size: 1, type: FLOAT },
        { name: "a_color", ...BYTES },
        { name: "a_id", ...BYTES },
      ],
      CONSTANT_ATTRIBUTES: [{ name: "a_corner", size: 2, type: FLOAT }],
      CONSTANT_DATA: ALONG,
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

  setUniforms(params, program) {
    setUniforms(params, program);
  }
}

/** The pictures that move: nobody points at a disc of theirs, so what finds it is not drawn. */
export const moving = new WeakSet();

/** Discs with `size`, `color` and the colour of their rim, `border`. */
export class DiscProgram extends NodeProgram {
  getDefinition() {
    return {
      VERTICES: AROUND.length,
      VERTEX_SHADER_SOURCE: DISC_VERTEX,
      FRAGMENT_SHADER_SOURCE: DISC_FRAGMENT,
      METHOD: TRIANGLES,
      UNIFORMS,
      ATTRIBUTES: [
        { name: "a_place", size: 2, type: FLOAT },
        { name: "a_radius", size: 1, type: FLOAT },
        { name: "a_color", ...BYTES },
        { name: "a_border", ...BYTES },
        { name: "a_id", ...BYTES },
        { name: "a_corner", size: 2, type: FLOAT },
      ],
    };
  }

  render(params) {
    const { pickProgram } = this;
    if (moving.has(this.renderer)) this.pickProgram = null;
    super.render(params);
    this.pickProgram = pickProgram;
  }

  processVisibleItem(id, at, node) {
    const [color, border] = [floatColor(node.color), floatColor(node.border ?? node.color)];
    for (const [x, y] of AROUND) {
      this.array.set([node.x, node.y, node.size, color, border, id, x, y], at);
      at += 8;
    }
  }

  setUniforms(params, program) {
    setUniforms(params, program);
  }
}
