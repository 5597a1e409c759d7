import { nodeProblem } from './node-version.ts'

/** The package.json of a program. */
export interface ProgramPackage {
  readonly bin: Readonly<Record<string, string>>
  readonly engines: { readonly node: string }
}

/**
 * Whether this Node is one that a program needs. If not, that is said in one line on standard error, and the status of the
 * process is 1: loading the program would end with the stack of an error of syntax.
 */
export function runsOnThisNode({ bin, engines }: ProgramPackage): boolean {
  const problem = nodeProblem(engines.node, process.versions.node)
  if (problem === undefined) return true
  process.stderr.write(`${Object.keys(bin).join()}: ${problem}\n`)
  process.exitCode = 1
  return false
}
