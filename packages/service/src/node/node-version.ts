/** A version of Node: major, minor, patch. */
type Version = readonly [number, number, number]

/**
 * What is wrong with a version of Node, if it is none of those that a package needs.
 *
 * @param engines `engines.node` of its package.json: `^22.18.0 || >=26`
 * @param version as `process.versions.node` has it
 */
export function nodeProblem(engines: string, version: string): string | undefined {
  const ranges = engines.split('||').map(readRange)
  const found = readVersion(version)
  if (ranges.some(({ least, isOpen }) => isWithin(found, least, isOpen))) return undefined
  const wanted = ranges.map(({ least, isOpen }) => `${shortOf(least)} or later${isOpen ? '' : ` of ${least[0]}`}`)
  return `needs Node ${wanted.join(', ')}; this is ${version}`
}

function readRange(text: string): { readonly least: Version; readonly isOpen: boolean } {
  const [, kind, version = ''] = /^\s*(\^|>=)(\d[\d.]*)\s*$/.exec(text) ?? []
  if (kind === undefined) throw new RangeError(`${text} is no range of versions, expected ^ or >=`)
  return { least: readVersion(version), isOpen: kind === '>=' }
}

function readVersion(text: string): Version {
  const [major = 0, minor = 0, patch = 0] = text.split('.').map((part) => Number.parseInt(part, 10))
  return [major, minor, patch]
}

function isWithin(version: Version, least: Version, isOpen: boolean): boolean {
  if (version[0] !== least[0]) return isOpen && version[0] > least[0]
  return version[1] > least[1] || (version[1] === least[1] && version[2] >= least[2])
}

/** Without zeros at its end. */
function shortOf(version: Version): string {
  return version.join('.').replace(/(\.0)+$/, '')
}
