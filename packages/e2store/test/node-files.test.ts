import { execFileSync } from 'node:child_process'
import { appendFileSync, existsSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { canMountDisks, SmallDisk, tempDir } from '@datastreamer/fixtures'
import { expect, test } from 'vitest'
import { ByteSourceError, encodeRecord, iterateRecords, RecordWriter, UnexpectedEndError } from '../src/index.ts'
import { appendFile, createFile, openFile } from '../src/node.ts'

test('a file is written aside and read back', async () => {
  using dir = tempDir()
  const path = dir.join('a.e2s')
  {
    await using file = await createFile(path)
    const writer = new RecordWriter(file)
    await writer.writeVersion()
    await writer.write(0x9900, new Uint8Array(3_000_000).fill(7))
    for (let i = 0; i < 1000; i++) await writer.write(0x9901, new Uint8Array(2000).fill(i))
    expect(existsSync(path)).toBe(false)
    await file.commit()
  }
  await using source = await openFile(path)
  expect(source.size).toBe(8 + 3_000_008 + 1000 * 2008)
  let count = 0
  for await (const { type, data, length } of iterateRecords(source)) {
    if (type === 0x9900) expect([length, data[2_999_999]]).toEqual([3_000_000, 7])
    if (type === 0x9901) expect([length, data[1999]]).toEqual([2000, count++ % 256])
  }
  expect(count).toBe(1000)
})

test('a file that is given up leaves nothing', async () => {
  using dir = tempDir()
  const path = dir.join('a.e2s')
  {
    await using file = await createFile(path)
    await file.write(new Uint8Array(10))
  }
  expect(existsSync(path) || existsSync(`${path}.partial`)).toBe(false)
})

const mounts = canMountDisks()

test.skipIf(!mounts)('what cannot be written is named, and nothing is left', async () => {
  using dir = tempDir()
  using _disk = new SmallDisk(dir.join('disk'), 1)
  const path = dir.join('disk', 'a.e2s')
  {
    await using file = await createFile(path)
    const partial = `${path}.partial`
    await expect(file.write(new Uint8Array(3_000_000))).rejects.toMatchObject({
      ...{ code: 'ENOSPC', path: partial },
      message: expect.stringContaining(`'${partial}'`),
    })
  }
  expect(readdirSync(dir.join('disk'))).toEqual([])
})

test('a file of that name is not replaced, also if it comes meanwhile, unless it is to be', async () => {
  using dir = tempDir()
  const path = dir.join('a.e2s')
  {
    await using file = await createFile(path)
    writeFileSync(path, 'of somebody else')
    await expect(file.commit()).rejects.toMatchObject({ code: 'EEXIST' })
  }
  expect(readFileSync(path, 'utf8')).toBe('of somebody else')
  expect(readdirSync(dir.path)).toEqual(['a.e2s'])
  await using file = await createFile(path, { replace: true })
  await file.write(Uint8Array.of(1))
  await file.commit()
  expect(readFileSync(path)).toHaveLength(1)
})

test('what another process is writing is not written too', async () => {
  using dir = tempDir()
  const path = dir.join('a.e2s')
  await using first = await createFile(path)
  const message = expect.stringContaining(`${path}.partial': another process is writing it`)
  await expect(createFile(path)).rejects.toMatchObject({ code: 'EEXIST', message })
  await first.write(Uint8Array.of(1))
  await first.commit()
  expect(readFileSync(path)).toHaveLength(1)
})

test.skipIf(!isRunnable('mkfifo'))('a pipe, a device or a socket is not even opened', async () => {
  using dir = tempDir()
  execFileSync('mkfifo', [dir.join('pipe')])
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(dir.join('socket'), resolve))
  try {
    for (const [path, kind] of [
      ['pipe', 'a pipe (FIFO)'],
      ['socket', 'a socket'],
      ['.', 'a folder'],
    ] as const) {
      const rejected = { code: 'NOT_A_FILE', message: expect.stringContaining(`is ${kind}`) }
      await expect(openFile(dir.join(path)), path).rejects.toMatchObject(rejected)
      await expect(appendFile(dir.join(path)), path).rejects.toMatchObject(rejected)
    }
    await expect(openFile('/dev/zero')).rejects.toMatchObject({ message: expect.stringContaining('is a device') })
  } finally {
    server.close()
  }
})

function isRunnable(program: string): boolean {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

test('a file can get its name when its content is known', async () => {
  using dir = tempDir()
  await using file = await createFile(dir.join('unnamed'))
  await file.write(Uint8Array.of(1, 2))
  await file.commit(dir.join('named'))
  expect(readFileSync(dir.join('named'))).toHaveLength(2)
  await expect(file.write(Uint8Array.of(3))).rejects.toMatchObject({ code: 'CLOSED' })
})

test('a file that shrinks under its reader is a short read', async () => {
  using dir = tempDir()
  const path = dir.join('a')
  writeFileSync(path, new Uint8Array(100))
  await using source = await openFile(path)
  truncateSync(path, 50)
  await expect(source.read(40, 20)).rejects.toMatchObject({ code: 'SHORT_READ' })
  await source.close()
  await source.close()
  await expect(source.read(0, 1)).rejects.toMatchObject({ code: 'CLOSED' })
})

test('a folder is not a file', async () => {
  using dir = tempDir()
  await expect(openFile(dir.path)).rejects.toBeInstanceOf(ByteSourceError)
})

test('appending creates a file, and continues where it ended', async () => {
  using dir = tempDir()
  const path = dir.join('a.e2s')
  for (let i = 0; i < 3; i++) {
    await using file = await appendFile(path)
    expect(file.removedBytes).toBe(0)
    await new RecordWriter(file).write(0x9900, Uint8Array.of(i))
    await file.sync()
  }
  expect(statSync(path).size).toBe(8 + 3 * 9)
})

test('an incomplete record at the end is reported, and truncated on request', async () => {
  using dir = tempDir()
  const path = dir.join('a.e2s')
  await (await appendFile(path)).close()
  appendFileSync(path, encodeRecord(0x9900, new Uint8Array(5)))
  appendFileSync(path, encodeRecord(0x9900, new Uint8Array(50)).subarray(0, 20))
  await expect(appendFile(path)).rejects.toBeInstanceOf(UnexpectedEndError)
  expect(statSync(path).size).toBe(41)
  await using file = await appendFile(path, { repair: true })
  expect([file.removedBytes, file.position]).toEqual([20, 21])
  await new RecordWriter(file).write(0x9901, new Uint8Array(0))
  await file.close()
  await using source = await openFile(path)
  const types: number[] = []
  for await (const { type } of iterateRecords(source)) types.push(type)
  expect(types).toEqual([0x6532, 0x9900, 0x9901])
})

test.each(['a text that is not an archive', 'short', 'E'])(
  'what is no e2store file is left alone: %s',
  async (text) => {
    using dir = tempDir()
    const path = dir.join('a.txt')
    writeFileSync(path, text)
    await expect(appendFile(path, { repair: true })).rejects.toMatchObject({ code: 'NO_VERSION' })
    expect(readFileSync(path, 'utf8')).toBe(text)
  },
)

test('a Version record that was not written whole is written again', async () => {
  using dir = tempDir()
  const path = dir.join('a.e2s')
  writeFileSync(path, encodeRecord(0x6532, new Uint8Array(0)).subarray(0, 5))
  await expect(appendFile(path)).rejects.toBeInstanceOf(UnexpectedEndError)
  await using file = await appendFile(path, { repair: true })
  expect(file.removedBytes).toBe(5)
  await file.close()
  expect(readFileSync(path)).toHaveLength(8)
})

test.skipIf(process.platform === 'win32')('a pipe is not waited for', async () => {
  using dir = tempDir()
  const path = dir.join('pipe')
  execFileSync('mkfifo', [path])
  await expect(openFile(path)).rejects.toMatchObject({ code: 'NOT_A_FILE' })
  await expect(appendFile(path, { repair: true })).rejects.toMatchObject({ code: 'NOT_A_FILE' })
})
