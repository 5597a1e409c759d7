import { linkSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { BindMount, type tempDir } from '@datastreamer/fixtures'

export type TempDir = ReturnType<typeof tempDir>

/** Another way to the stream file of a folder, `data-stream.bin`. */
export interface Way {
  readonly name: string
  readonly mounts: boolean
  /** Whether the index folder of that way is the one of the file's own name. */
  readonly sameIndex: boolean
  make(dir: TempDir): Disposable & { readonly path: string }
}

function way(path: string, unmount: () => void = () => {}): Disposable & { readonly path: string } {
  return { path, [Symbol.dispose]: unmount }
}

/** Every way that leads to one file. */
export const WAYS: readonly Way[] = [
  { name: 'the same path', mounts: false, sameIndex: true, make: (dir) => way(dir.join('data-stream.bin')) },
  {
    name: 'a symbolic link',
    mounts: false,
    sameIndex: true,
    make: (dir) => {
      symlinkSync(dir.join('data-stream.bin'), dir.join('link.bin'))
      return way(dir.join('link.bin'))
    },
  },
  {
    name: 'a hard link',
    mounts: false,
    sameIndex: false,
    make: (dir) => {
      linkSync(dir.join('data-stream.bin'), dir.join('hard.bin'))
      return way(dir.join('hard.bin'))
    },
  },
  {
    name: 'a bind mount of the file',
    mounts: true,
    sameIndex: false,
    make: (dir) => {
      mkdirSync(dir.join('other'))
      writeFileSync(dir.join('other', 'data-stream.bin'), '')
      const mount = new BindMount(dir.join('data-stream.bin'), dir.join('other', 'data-stream.bin'))
      return way(dir.join('other', 'data-stream.bin'), () => mount[Symbol.dispose]())
    },
  },
  {
    name: 'a bind mount of the folder',
    mounts: true,
    sameIndex: true,
    make: (dir) => {
      mkdirSync(dir.join('other'))
      const mount = new BindMount(dir.path, dir.join('other'))
      return way(dir.join('other', 'data-stream.bin'), () => mount[Symbol.dispose]())
    },
  },
  {
    name: 'the same path, when the index folder was moved away',
    mounts: false,
    sameIndex: false,
    make: (dir) => {
      renameSync(dir.join('data-stream.db'), dir.join('moved.db'))
      return way(dir.join('data-stream.bin'))
    },
  },
]
