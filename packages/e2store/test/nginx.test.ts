import { mkdirSync, writeFileSync } from 'node:fs'
import { hasNginx, startNginx, tempDir } from '@datastreamer/fixtures'
import { describe, expect, test } from 'vitest'
import { httpLocation } from '../src/location.ts'
import { expectBytes } from './support/expect-bytes.ts'
import { someBytes } from './support/file-server.ts'

const A = 'mainnet-00000-5feceb66.era1'
/** Longer than what nginx shows of a name. */
const B = 'a-network-with-a-long-name-00001-6b86b273-noproofs.ere'
const large = someBytes(2_000_000)
const small = someBytes(1000, 2)

/** `fetch` that counts, and says how it was answered. */
function counting(): { readonly statuses: number[]; fetch: typeof fetch } {
  const statuses: number[] = []
  return {
    statuses,
    fetch: async (url, request) => {
      const response = await fetch(url, request)
      statuses.push(response.status)
      return response
    },
  }
}

function folder(): ReturnType<typeof tempDir> {
  const dir = tempDir()
  mkdirSync(dir.join('era1'))
  writeFileSync(dir.join('era1', A), large)
  writeFileSync(dir.join('era1', B), small)
  writeFileSync(dir.join('era1', 'checksums.txt'), `0x${'a'.repeat(64)}\n0x${'b'.repeat(64)}`)
  return dir
}

describe.skipIf(!hasNginx())('nginx', () => {
  test.each([
    ['html', 'autoindex on;'],
    ['json', 'autoindex on; autoindex_format json;'],
  ])('lists a folder as %s, with exact sizes', async (form, directives) => {
    using dir = folder()
    await using nginx = await startNginx(dir.path, directives)
    for (const url of [`${nginx.url}era1/`, `${nginx.url}era1`]) {
      expect(await httpLocation(url).listing()).toEqual({
        forms: [form],
        files: [
          { name: B, size: small.length },
          { name: A, size: large.length },
        ],
        lists: ['checksums.txt'],
        sidecars: [],
        warnings: [],
      })
    }
  })

  test('with rounded sizes lists none', async () => {
    using dir = folder()
    await using nginx = await startNginx(dir.path, 'autoindex on; autoindex_exact_size off;')
    const { files } = await httpLocation(`${nginx.url}era1/`).listing()
    expect(files).toContainEqual({ name: A })
  })

  test('without a list, and for what is not there, answers errors', async () => {
    using dir = folder()
    await using nginx = await startNginx(dir.path)
    // The list without names is there; no file is.
    expect((await httpLocation(`${nginx.url}era1/`).listing()).files).toEqual([])
    await expect(httpLocation(nginx.url).list()).rejects.toMatchObject({ code: 'DENIED', status: 403 })
    await expect(httpLocation(nginx.url).open(A)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  test.each(['gzip off;', 'gzip on; gzip_types *; gzip_min_length 1; gzip_proxied any;'])(
    'serves ranges of files, with %s',
    async (directives) => {
      using dir = folder()
      await using nginx = await startNginx(dir.path, directives)
      const { fetch, statuses } = counting()
      const location = httpLocation(`${nginx.url}era1/`, { fetch })
      await using file = await location.open(A)
      expect(statuses).toEqual([206])
      expectBytes(await file.read(300_000, 200_000), large.subarray(300_000, 500_000))
      expect(statuses).toEqual([206, 206])
      await using tiny = await location.open(B)
      expectBytes(tiny.memory, small)
      expect(statuses).toEqual([206, 206, 206])
    },
  )

  test('continues a download by its own validator, and begins again when the file is another', async () => {
    using dir = folder()
    await using nginx = await startNginx(dir.path)
    const location = httpLocation(`${nginx.url}era1/`)
    await using whole = await location.download(A)
    expect(whole.validator).toMatch(/^"[0-9a-f]+-[0-9a-f]+"$/)
    const { validator = '' } = whole
    await using rest = await location.download(A, { from: 1_999_000, validator })
    expect(rest).toMatchObject({ from: 1_999_000, size: large.length, validator })
    writeFileSync(dir.join('era1', A), large.subarray(0, 1_999_500))
    await using again = await location.download(A, { from: 1_999_000, validator })
    expect(again).toMatchObject({ from: 0, size: 1_999_500 })
  })

  test('that replaces a file while it is read is noticed', async () => {
    using dir = folder()
    await using nginx = await startNginx(dir.path)
    await using file = await httpLocation(`${nginx.url}era1/`).open(A)
    writeFileSync(dir.join('era1', A), someBytes(2_000_001, 3))
    await expect(async () => file.read(0, 10)).rejects.toMatchObject({ code: 'CHANGED' })
  })

  test('that is to serve no ranges is reported, but small files are read whole', async () => {
    using dir = folder()
    await using nginx = await startNginx(dir.path, 'max_ranges 0;')
    const location = httpLocation(`${nginx.url}era1/`)
    await expect(location.open(A)).rejects.toMatchObject({ code: 'NO_RANGES' })
    await using file = await location.open(B)
    expectBytes(file.memory, small)
    await using download = await location.download(A, { from: 10, validator: '"x"' })
    expect(download.from).toBe(0)
  })
})
