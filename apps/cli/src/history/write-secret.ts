import { open } from 'node:fs/promises'

/** Make a file that only its owner can read, and make it durable. @throws `EEXIST` if it is there already */
export async function writeSecret(path: string, text: string): Promise<void> {
  await using handle = await open(path, 'wx', 0o600)
  await handle.writeFile(text)
  await handle.sync()
}
