export { default as Graph } from "graphology";
export { default as Sigma } from "sigma";
export { EdgeProgram, NodeProgram, drawDiscNodeLabel } from "sigma/rendering";
export { floatColor } from "sigma/utils";
