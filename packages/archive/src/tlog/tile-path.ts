/** Hashes, or leaves, of a full tile or bundle. */
export const TILE_WIDTH = 256
const MAX_LEVEL = 63

/** A tile of the tree, or a bundle of leaves. @see https://c2sp.org/tlog-tiles@v0.1.0 */
export interface TileRef {
  /** 0 for hashes of leaves; `entries` for the leaves. */
  readonly level: number | 'entries'
  readonly index: number
  /** 1 to 256; less than 256 is a partial one. */
  readonly width: number
}

/** The path of a tile: `tile/<level>/<index>[.p/<width>]`. */
export function tilePath({ level, index, width }: TileRef): string {
  const groups: string[] = []
  for (let rest = index, last = true; last || rest > 0; rest = Math.floor(rest / 1000), last = false) {
    groups.unshift(`${last ? '' : 'x'}${String(rest % 1000).padStart(3, '0')}`)
  }
  return `tile/${level}/${groups.join('/')}${width === TILE_WIDTH ? '' : `.p/${width}`}`
}

/** The tile of a path; `undefined` if it is not the one path of a tile. */
export function parseTilePath(path: string): TileRef | undefined {
  const [, name = '', groups = '', partial] =
    /^tile\/(entries|[0-9]{1,2})\/((?:x[0-9]{3}\/)*[0-9]{3})(?:\.p\/([0-9]{1,3}))?$/.exec(path) ?? []
  if (groups === '') return undefined
  const level = name === 'entries' ? 'entries' : Number(name)
  const index = Number(groups.replaceAll(/[x/]/g, ''))
  const width = partial === undefined ? TILE_WIDTH : Number(partial)
  const ref: TileRef = { level, index, width }
  if (level !== 'entries' && level > MAX_LEVEL) return undefined
  if (width < 1 || (partial !== undefined && width >= TILE_WIDTH) || !Number.isSafeInteger(index)) return undefined
  return tilePath(ref) === path ? ref : undefined
}
