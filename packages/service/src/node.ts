/** Whether the Node is one that a program runs on: what its main module loads before all else, and nothing with it. */
export { runsOnThisNode } from './node/runs-on-this-node.ts'
