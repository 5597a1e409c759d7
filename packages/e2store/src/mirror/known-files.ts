import { appendFile, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { withPath } from '../node/with-path.ts'

/** How thoroughly a file was checked: only hashed, or its content verified. */
export type Checked = 'hash' | 'content'

/** A file of a folder whose hash is known, as long as its size and time of change stay the same. */
export interface KnownFile {
  readonly name: string
  readonly size: number
  /** Time of the last change in milliseconds since 1970, with fractions. */
  readonly mtimeMs: number
  /** 64 lower-case hex digits. */
  readonly sha256: string
  readonly checked: Checked
}

/** Name of the file, hidden in the folder, that keeps what is known. */
const KNOWN_FILES = '.e2store-known.jsonl'

/**
 * What is known of the files of a folder, kept in a file of one JSON object a line: the last line of a name counts, and a
 * line that is incomplete or damaged counts for nothing. So the worst that a lost line does is that a file is hashed again.
 */
export class KnownFiles {
  readonly #folder: string
  readonly #files: Map<string, KnownFile>
  #writing: Promise<void> = Promise.resolve()

  private constructor(folder: string, files: Map<string, KnownFile>) {
    this.#folder = folder
    this.#files = files
  }

  static async load(folder: string): Promise<KnownFiles> {
    const path = join(folder, KNOWN_FILES)
    const text = await readFile(path, 'utf8').catch(absent)
    if (text === undefined) return new KnownFiles(folder, new Map())
    const lines = text.split('\n').flatMap(parseLine)
    const files = new Map(lines.map((file) => [file.name, file]))
    if (lines.length > 2 * files.size + 100) await rewrite(path, [...files.values()])
    else if (text !== '' && !text.endsWith('\n')) await withPath(path, appendFile(path, '\n'))
    return new KnownFiles(folder, files)
  }

  /** What is known of a file that has not changed since, checked at least so. */
  async get(name: string, checked: Checked = 'hash'): Promise<KnownFile | undefined> {
    const known = this.#files.get(name)
    if (known === undefined || (checked === 'content' && known.checked !== 'content')) return undefined
    const found = await stat(join(this.#folder, name)).catch(absent)
    return found?.isFile() && found.size === known.size && found.mtimeMs === known.mtimeMs ? known : undefined
  }

  /** Keep what was found out about a file of the folder. */
  async add(name: string, sha256: string, checked: Checked): Promise<KnownFile> {
    const { size, mtimeMs } = await stat(join(this.#folder, name))
    const known: KnownFile = { name, size, mtimeMs, sha256, checked }
    this.#files.set(name, known)
    const path = join(this.#folder, KNOWN_FILES)
    this.#writing = this.#writing.then(() => withPath(path, appendFile(path, lineOf(known))))
    await this.#writing
    return known
  }
}

/** Replace the file by one without lines that do not count any more. */
async function rewrite(path: string, files: readonly KnownFile[]): Promise<void> {
  await withPath(`${path}.new`, writeFile(`${path}.new`, files.map(lineOf).join('')))
  await rename(`${path}.new`, path)
}

function lineOf(file: KnownFile): string {
  return `${JSON.stringify(file)}\n`
}

function parseLine(line: string): KnownFile[] {
  try {
    const value: unknown = JSON.parse(line)
    return isKnownFile(value) ? [value] : []
  } catch {
    return []
  }
}

function isKnownFile(value: unknown): value is KnownFile {
  if (typeof value !== 'object' || value === null) return false
  const { name, size, mtimeMs, sha256, checked } = value as Partial<Record<keyof KnownFile, unknown>>
  return (
    typeof name === 'string' &&
    Number.isSafeInteger(size) &&
    typeof mtimeMs === 'number' &&
    typeof sha256 === 'string' &&
    /^[0-9a-f]{64}$/.test(sha256) &&
    (checked === 'hash' || checked === 'content')
  )
}

/** `undefined` for what does not exist; any other error is thrown again. */
function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error
}
