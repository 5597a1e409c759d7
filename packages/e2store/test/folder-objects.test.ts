import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { S3_KEYS, startS3, tempDir } from '@datastreamer/fixtures'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { folderObjects, openObjects, openWritableObjects } from '../src/node.ts'
import { expectBytes } from './support/expect-bytes.ts'
import { someBytes } from './support/file-server.ts'
import { code, IMMUTABLE, MUTABLE } from './support/objects.ts'

const bytes = someBytes(1000)

describe('a folder of objects', () => {
  test('holds each as the file of its key, and nothing unfinished', async () => {
    using dir = tempDir()
    const objects = folderObjects(dir.join('log'))
    expect(existsSync(dir.join('log'))).toBe(false)
    await objects.put('tile/x001/000', bytes, IMMUTABLE)
    await objects.put('checkpoint', bytes, MUTABLE)
    await expect(objects.put('tile/x001/000', bytes.subarray(1), IMMUTABLE)).rejects.toEqual(code('CONFLICT'))
    expectBytes(readFileSync(dir.join('log', 'tile', 'x001', '000')), bytes)
    expect(readdirSync(dir.join('log'), { recursive: true }).sort()).toEqual([
      ...['.put', 'checkpoint', 'tile', 'tile/x001', 'tile/x001/000'],
    ])
    expect(statSync(dir.join('log', 'tile', 'x001', '000')).nlink).toBe(1)
  })

  test('loses what a crash left when the first object is stored, and shows none of it', async () => {
    using dir = tempDir()
    mkdirSync(dir.join('.put'))
    writeFileSync(dir.join('.put', 'a-0.partial'), 'half')
    const objects = folderObjects(dir.path)
    await expect(objects.get('.put/a-0.partial', { maxBytes: 10 })).rejects.toEqual(code('BAD_NAME'))
    expect(await objects.get('a', { maxBytes: 10 })).toBeUndefined()
    expect(readdirSync(dir.join('.put'))).toEqual(['a-0.partial'])
    await objects.put('a', bytes, IMMUTABLE)
    expect(readdirSync(dir.join('.put'))).toEqual([])
  })

  test('keeps what others of this process are writing', async () => {
    using dir = tempDir()
    const places = Array.from({ length: 8 }, () => folderObjects(dir.path))
    await Promise.all(places.map((objects, i) => objects.put(`a/${i % 2}`, bytes, IMMUTABLE)))
    await Promise.all(places.map((objects, i) => objects.put(`b/${i}`, bytes, MUTABLE)))
    expect(readdirSync(dir.join('a'))).toEqual(['0', '1'])
    expect(readdirSync(dir.join('b'))).toHaveLength(8)
    expect(readdirSync(dir.join('.put'))).toEqual([])
  })

  test('replaces an empty file, which is no content', async () => {
    using dir = tempDir()
    writeFileSync(dir.join('a'), '')
    const objects = folderObjects(dir.path)
    await objects.put('a', bytes, IMMUTABLE)
    expectBytes(await objects.get('a', { maxBytes: 1000 }), bytes)
    await expect(objects.put('a', new Uint8Array(0), IMMUTABLE)).rejects.toEqual(code('CONFLICT'))
  })

  test('says what is in the way', async () => {
    using dir = tempDir()
    mkdirSync(dir.join('folder'))
    writeFileSync(dir.join('file'), 'x')
    const objects = folderObjects(dir.path)
    await expect(objects.get('folder', { maxBytes: 10 })).rejects.toMatchObject({ code: 'NOT_A_FILE' })
    await expect(objects.put('folder', bytes, IMMUTABLE)).rejects.toMatchObject({ code: 'NOT_A_FILE' })
    await expect(objects.put('folder', bytes, MUTABLE)).rejects.toMatchObject({ syscall: 'rename' })
    await expect(objects.put('file/b', bytes, IMMUTABLE)).rejects.toMatchObject({ code: 'ENOTDIR' })
    expect(await objects.get('file/b', { maxBytes: 10 })).toBeUndefined()
    expect(readdirSync(dir.join('.put'))).toEqual([])
    // It works again when that is gone.
    expect(await objects.getRange('file', 0, 1)).toEqual(Uint8Array.of(0x78))
    await objects.put('a/b', bytes, IMMUTABLE)
  })

  test('may have folders that are elsewhere', async () => {
    using dir = tempDir()
    mkdirSync(dir.join('disk'))
    mkdirSync(dir.join('log'))
    symlinkSync(dir.join('disk'), dir.join('log', 'segment'))
    const objects = folderObjects(dir.join('log'))
    await objects.put('segment/a', bytes, IMMUTABLE)
    expectBytes(readFileSync(dir.join('disk', 'a')), bytes)
  })

  test('ends a wait for others', async () => {
    using dir = tempDir()
    const objects = folderObjects(dir.path)
    const life = new AbortController()
    const puts = Array.from({ length: 40 }, (_, i) =>
      objects.put(`a/${i}`, bytes, { ...IMMUTABLE, signal: life.signal }),
    )
    const all = Promise.allSettled(puts)
    life.abort(new Error('enough'))
    expect((await all).filter(({ status }) => status === 'rejected').length).toBeGreaterThanOrEqual(24)
    await objects.put('b', bytes, IMMUTABLE)
  })
})

describe('objects are opened by name', () => {
  test('in a folder', async () => {
    using dir = tempDir()
    writeFileSync(dir.join('a'), bytes)
    for (const text of [dir.path, pathToFileURL(dir.path).href]) {
      await using objects = await openObjects(text)
      expect(objects.name).toBe(dir.path)
      expectBytes(await objects.get('a', { maxBytes: 1000 }), bytes)
    }
    await expect(openObjects(dir.join('none'))).rejects.toEqual(code('NOT_FOUND'))
    await expect(openObjects(dir.join('a'))).rejects.toEqual(code('NOT_FOUND'))
    await expect(openObjects(dir.join('a', 'b'))).rejects.toEqual(code('NOT_FOUND'))
    await using made = await openWritableObjects(dir.join('x', 'y'))
    await made.put('z', bytes, IMMUTABLE)
    expectBytes(readFileSync(dir.join('x', 'y', 'z')), bytes)
  })

  test('in a bucket, as the environment says', async () => {
    await using server = await startS3()
    vi.stubEnv('AWS_ENDPOINT_URL_S3', server.endpoint)
    vi.stubEnv('AWS_ACCESS_KEY_ID', S3_KEYS.accessKeyId)
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', S3_KEYS.secretAccessKey)
    onTestFinished(() => void vi.unstubAllEnvs())
    await using objects = await openWritableObjects('s3://history/log')
    await objects.put('a/b', bytes, IMMUTABLE)
    await using reader = await openObjects('s3://history/log')
    expectBytes(await reader.getRange('a/b', 10, 20), bytes.subarray(10, 20))
  })

  test('elsewhere', async () => {
    expect((await openObjects('https://user:secret@example.org/log?x=y')).name).toBe('https://example.org/log/')
    expect((await openObjects('s3://bucket/log', { s3: {} })).name).toBe('s3://bucket/log/')
    expect((await openWritableObjects('s3://bucket', { s3: {} })).name).toBe('s3://bucket/')
    await expect(openWritableObjects('http://user:secret@example.org/log')).rejects.toThrow(
      /^http:\/\/example.org\/log: a web server can only be read; publish to a folder or to s3:/,
    )
    for (const text of ['ftp://a/b', 'file://other.host/a', 's3://']) {
      await expect(openObjects(text)).rejects.toEqual(code('BAD_ADDRESS'))
      await expect(openWritableObjects(text)).rejects.toEqual(code('BAD_ADDRESS'))
    }
  })
})
