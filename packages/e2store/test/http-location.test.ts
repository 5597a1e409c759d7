import { describe, expect, test } from 'vitest'
import { type Download, httpLocation } from '../src/location.ts'
import { openLocation } from '../src/node.ts'
import { expectBytes } from './support/expect-bytes.ts'
import { FileServer, someBytes } from './support/file-server.ts'

const A = 'mainnet-00000-5feceb66.era1'
const B = 'mainnet-00001-6b86b273.era1'
const C = 'mainnet-00002-d4735e3a.era1'
const sum = (digit: string): string => digit.repeat(64)
const code = (expected: string) => expect.objectContaining({ name: 'LocationError', code: expected })
const text = (content: string): Uint8Array => new TextEncoder().encode(content)

describe('the list of a web server', () => {
  test('is that of its page, with what the lists beside the files have', async () => {
    await using server = await FileServer.start({
      'x/': `<a href="${A}">a</a> 20-Feb-2024 19:50 100\n<a href="${B}">b</a><a href="checksums_sha256.txt">c</a><a href="urls.txt">`,
      'x/checksums_sha256.txt': text(`${sum('a')}  ${A}\n${sum('c')}  ${C}\n`),
      'x/urls.txt': text(`http://elsewhere.example/${A}\nhttp://elsewhere.example/y/mainnet-00007-7902699b.era1\n`),
    })
    const location = httpLocation(`${server.url}x`)
    expect(location.name).toBe(`${server.url}x/`)
    expect(await location.listing()).toEqual({
      forms: ['checksums', 'urls', 'html'],
      files: [
        { name: A, size: 100, sha256: sum('a') },
        { name: B },
        { name: C, sha256: sum('c') },
        { name: 'mainnet-00007-7902699b.era1' },
      ],
      lists: ['checksums_sha256.txt', 'urls.txt'],
      sidecars: [],
      warnings: [],
    })
    expect((await location.list()).map(({ name }) => name)).toEqual([
      ...['checksums_sha256.txt', A, B, C, 'mainnet-00007-7902699b.era1', 'urls.txt'],
    ])
  })

  test.each([404, 403, 200])(
    'without a page that says anything, status %i, is made of the usual lists',
    async (status) => {
      await using server = await FileServer.start({ 'checksums.txt': text(`${sum('a')}  ${A}\n`) })
      server.answers = ({ path }, response) => {
        if (path === '/checksums.txt') return false
        response.writeHead(status, { 'content-type': 'text/html' }).end('<html>Welcome</html>')
        return undefined
      }
      const { files, lists, forms } = await httpLocation(server.url).listing()
      expect(files).toEqual([{ name: A, sha256: sum('a') }])
      expect([forms, lists]).toEqual([['checksums'], ['checksums.txt']])
    },
  )

  test('that a page does not show, and no list, is reported', async () => {
    await using server = await FileServer.start({ '': '<html>Welcome</html>' })
    await expect(httpLocation(server.url).list()).rejects.toThrow(/no list of archives/)
    await expect(httpLocation(`${server.url}x`).list()).rejects.toEqual(code('NOT_FOUND'))
  })

  test('that is longer than any is passed over, and reported', async () => {
    const long = { 'checksums.txt': new Uint8Array(16_777_217).fill(0x20) }
    await using server = await FileServer.start({ ...long, '': `<a href="${A}"><a href="checksums.txt">` })
    const { files, warnings } = await httpLocation(server.url).listing()
    expect(files).toEqual([{ name: A }])
    const message = `${server.url}checksums.txt: more than 16777216 bytes, too many for a list`
    expect(warnings).toEqual([`not used: ${message}`])
    // Nothing else has a list.
    server.files.delete('')
    await expect(httpLocation(server.url).listing()).rejects.toThrow(message)
  })

  test('of a bucket goes on to its last page', async () => {
    await using server = await FileServer.start()
    const page = (keys: string[], rest: string): string =>
      `<?xml version="1.0"?><ListBucketResult>${rest}${keys.map((key) => `<Contents><Key>${key}</Key><Size>5</Size></Contents>`).join('')}</ListBucketResult>`
    server.answers = ({ path }, response) => {
      const pages: Readonly<Record<string, string>> = {
        '/': page([A], '<IsTruncated>true</IsTruncated>'),
        [`/?marker=${A}`]: page(
          [B, 'old/mainnet-00009-7902699b.era1'],
          '<IsTruncated>true</IsTruncated><NextMarker>n/&amp;</NextMarker>',
        ),
        '/?marker=n%2F%26': page(
          [C],
          '<IsTruncated>true</IsTruncated><NextContinuationToken>t+=</NextContinuationToken>',
        ),
        '/?list-type=2&continuation-token=t%2B%3D': page([], '<IsTruncated>false</IsTruncated>'),
      }
      const xml = pages[path]
      if (xml === undefined) return false
      response.writeHead(200, { 'content-type': 'application/xml' }).end(xml)
      return undefined
    }
    expect((await httpLocation(server.url).listing()).files).toEqual([A, B, C].map((name) => ({ name, size: 5 })))
    server.answers = ({ path }, response) => {
      if (/\.txt$/.test(path)) return false
      response.writeHead(200).end(page([A], '<IsTruncated>true</IsTruncated>'))
      return undefined
    }
    await expect(httpLocation(server.url).list()).rejects.toThrow(/does not end/)
  })

  test('that a busy server does not give is an error, not an empty list', async () => {
    await using server = await FileServer.start()
    server.answers = (_, response) => void response.writeHead(500).end()
    await expect(httpLocation(server.url, { retries: 0 }).list()).rejects.toEqual(code('HTTP_STATUS'))
  })
})

describe('a file of a web server', () => {
  test('is opened in the folder of its page, under any name', async () => {
    const name = 'a b#c?d%.era1'
    await using server = await FileServer.start({ [`x/${name}`]: someBytes(10), [`x/${A}`]: someBytes(20) })
    const location = httpLocation(`${server.url}x/index.html`)
    await using file = await location.open(name)
    expect([file.name, file.size]).toEqual([name, 10])
    for (const bad of ['../a', '..', 'x/y', 'x\\y', '']) {
      await expect(location.open(bad)).rejects.toEqual(code('BAD_NAME'))
      await expect(location.readText(bad)).rejects.toEqual(code('BAD_NAME'))
      await expect(location.download(bad)).rejects.toEqual(code('BAD_NAME'))
    }
  })

  test('is read from another server if a list of addresses says so, without our headers', async () => {
    await using other = await FileServer.start({ [`y/${B}`]: someBytes(30) })
    await using server = await FileServer.start({ 'urls.txt': text(`${other.url}y/${B}\n`) })
    const location = httpLocation(server.url.replace('//', '//user:secret@'), { headers: { 'x-token': 'secret' } })
    expect(location.name).toBe(server.url)
    await location.list()
    await using file = await location.open(B)
    expect(file.size).toBe(30)
    expect(server.got[0]?.headers).toMatchObject({ 'x-token': 'secret', authorization: expect.any(String) })
    expect(other.got[0]?.headers).not.toHaveProperty('x-token')
    expect(other.got[0]?.headers).not.toHaveProperty('authorization')
  })

  test('is text, or not there', async () => {
    await using server = await FileServer.start({ 'a.txt': text('grüße'), 'page.txt': '<!DOCTYPE html>' })
    const location = httpLocation(server.url)
    expect(await location.readText('a.txt')).toBe('grüße')
    expect(await location.readText('b.txt')).toBeUndefined()
    expect(await location.readText('page.txt')).toBeUndefined()
  })
})

describe('a download', () => {
  const bytes = someBytes(200_000)
  async function all({ bytes: chunks }: Download): Promise<Uint8Array> {
    const parts: Uint8Array[] = []
    for await (const chunk of chunks) parts.push(chunk)
    return Buffer.concat(parts)
  }

  test.each([
    ['"v1"', '"v1"'],
    ['W/"v1"', 'Tue, 20 Feb 2024 19:50:00 GMT; 200000'],
    [undefined, 'Tue, 20 Feb 2024 19:50:00 GMT; 200000'],
  ])('gives the file and what identifies it, with the ETag %s', async (etag, validator) => {
    await using server = await FileServer.start({ [A]: bytes })
    server.etag = etag
    const location = httpLocation(server.url)
    await using whole = await location.download(A)
    expect(whole).toMatchObject({ from: 0, size: bytes.length, validator })
    expectBytes(await all(whole), bytes)
    await using rest = await location.download(A, { from: 150_000, validator })
    expect(rest).toMatchObject({ from: 150_000, size: bytes.length, validator })
    expectBytes(await all(rest), bytes.subarray(150_000))
    expect(server.got.at(-1)?.headers).toMatchObject({ range: 'bytes=150000-', 'if-range': validator.split(';')[0] })
    await using end = await location.download(A, { from: bytes.length, validator })
    expect(end).toMatchObject({ from: bytes.length, size: bytes.length })
    expectBytes(await all(end), new Uint8Array(0))
  })

  test.each([true, false])('begins again if the file is another, whether the server notices: %s', async (notices) => {
    await using server = await FileServer.start({ [A]: bytes })
    const location = httpLocation(server.url)
    const { validator = '' } = await location.download(A)
    server.etag = '"2"'
    if (!notices) {
      server.answers = (got, response) => {
        server.serve({ ...got, headers: { ...got.headers, 'if-range': undefined } }, response)
        return undefined
      }
    }
    await using again = await location.download(A, { from: 10, validator })
    expect(again).toMatchObject({ from: 0, validator: '"2"' })
    expectBytes(await all(again), bytes)
  })

  test('begins again if it is shorter than what is there', async () => {
    await using server = await FileServer.start({ [A]: bytes })
    await using again = await httpLocation(server.url).download(A, { from: bytes.length + 1, validator: '"1"' })
    expect(again.from).toBe(0)
  })

  test('fails where the bytes end early, and where it is a web page', async () => {
    await using server = await FileServer.start({ [A]: bytes, [B]: '<html>' })
    const location = httpLocation(server.url)
    await expect(location.download(B)).rejects.toEqual(code('BAD_ANSWER'))
    await expect(location.download(C)).rejects.toEqual(code('NOT_FOUND'))
    server.answers = (_, response) => {
      response.writeHead(200, { 'content-length': bytes.length })
      response.write(bytes.subarray(0, 1000), () => response.destroy())
      return undefined
    }
    await using broken = await location.download(A)
    await expect(all(broken)).rejects.toMatchObject({ name: 'LocationError', retryable: true })
  })
})

test('openLocation takes the address of a folder or of a file', async () => {
  await using server = await FileServer.start({ [A]: someBytes(10), '': `<a href="${A}">` })
  await using folder = await openLocation(server.url)
  expect(await folder.list()).toEqual([{ name: A }])
  await using one = await openLocation(`${server.url}${A}?token=secret`)
  expect(one.name).toBe(`${server.url}${A}`)
  expect(await one.list()).toEqual([{ name: A }])
  await using file = await one.open(A)
  expect(file.size).toBe(10)
  await expect(one.open(B)).rejects.toEqual(code('NOT_FOUND'))
})
