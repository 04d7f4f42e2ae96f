export { default as Graph } from "graphology";
export { default as Sigma } from "sigma";
export { EdgeProgram, drawDiscNodeLabel } from "sigma/rendering";
export { floatColor } from "sigma/utils";
export { createNodeBorderProgram } from "@sigma/node-border";
