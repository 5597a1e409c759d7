import { nodeSha256 } from '../../src/node.ts'
import type { CheckpointSigner } from '../../src/publish/interim.ts'

export function testSigner(origin = 'example.org/log', key = 'k'): CheckpointSigner {
  const sign = (text: string): string => Buffer.from(nodeSha256.digest(Buffer.from(key + text))).toString('hex')
  return {
    origin,
    async sign({ size, root }) {
      const text = `${origin}\n${size}\n${Buffer.from(root).toString('base64')}\n`
      return Uint8Array.from(Buffer.from(`${text}\n${sign(text)}\n`))
    },
    async open(note) {
      const [name, size, root, , signature] = Buffer.from(note).toString().split('\n')
      const text = `${name}\n${size}\n${root}\n`
      if (name !== origin || signature !== sign(text)) return undefined
      return { size: Number(size), root: Uint8Array.from(Buffer.from(root ?? '', 'base64')) }
    },
  }
}
