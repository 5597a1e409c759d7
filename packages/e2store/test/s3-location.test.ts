import { hasVectors, S3_KEYS as KEYS, readVector, startS3 } from '@datastreamer/fixtures'
import { describe, expect, test } from 'vitest'
import { s3Location } from '../src/location.ts'
import { openLocation } from '../src/node.ts'
import { expectBytes } from './support/expect-bytes.ts'
import { FileServer, someBytes } from './support/file-server.ts'
import { signature } from './support/s3-signature.ts'

const A = 'mainnet-00000-5feceb66.era1'
const B = 'mainnet-00001-6b86b273.era1'
const code = (expected: string) => expect.objectContaining({ name: 'LocationError', code: expected })

describe('a bucket', () => {
  const bytes = someBytes(900_000)

  test.each([
    ['with credentials', KEYS],
    ['anonymously', undefined],
  ])('is listed and read %s', async (_, credentials) => {
    await using server = await startS3()
    await server.put(`era1/${A}`, bytes)
    await server.put(`era1/${B}`, someBytes(100, 2))
    await server.put('era1/checksums.txt', new TextEncoder().encode(`${'a'.repeat(64)}  ${A}\n`))
    await server.put(`era1/old/${A}`, someBytes(10))
    await server.put('other.txt', someBytes(10))
    const location = s3Location('s3://history/era1', { endpoint: server.endpoint, credentials })
    expect(location.name).toBe('s3://history/era1/')
    expect(await location.listing()).toEqual({
      forms: ['checksums', 's3'],
      files: [
        { name: A, size: bytes.length, sha256: 'a'.repeat(64) },
        { name: B, size: 100 },
      ],
      lists: ['checksums.txt'],
      sidecars: [],
      warnings: [],
    })
    // It gives other bytes than the last ones where those are asked for: the size is found out otherwise.
    await using file = await location.open(A)
    expect(file.size).toBe(bytes.length)
    expectBytes(await file.read(200_000, 300_000), bytes.subarray(200_000, 500_000))
    expectBytes(await file.read(bytes.length - 10, 10), bytes.subarray(-10))
    expect(await location.readText('checksums.txt')).toMatch(/^a{64} /)
    expect(await location.readText('none.txt')).toBeUndefined()
    await expect(location.open('none')).rejects.toThrow(/not there \(status 404, NoSuchKey\)/)
    await using download = await location.download(B, { from: 50 })
    expect(download).toMatchObject({ from: 50, size: 100 })
  })

  test('that is not there, or closed to these credentials, is reported', async () => {
    await using server = await startS3()
    const { endpoint } = server
    await expect(s3Location('s3://nobody', { endpoint }).list()).rejects.toEqual(code('NOT_FOUND'))
    const credentials = { ...KEYS, accessKeyId: 'NOBODY' }
    await server.put(A, someBytes(10))
    const denied = s3Location('s3://history', { endpoint, credentials })
    await expect(denied.open(A)).rejects.toMatchObject({ code: 'DENIED', status: 403 })
    await expect(denied.open(A)).rejects.toThrow(/InvalidAccessKeyId/)
  })
})

describe('requests', () => {
  const page = (keys: readonly string[], rest = ''): string =>
    `<ListBucketResult>${rest}${keys.map((key) => `<Contents><Key>${key}</Key><Size>5</Size></Contents>`).join('')}</ListBucketResult>`

  /** A bucket by its pages; what else is asked for is not there. */
  async function pages(answers: Readonly<Record<string, string>>): Promise<FileServer> {
    const server = await FileServer.start()
    server.answers = ({ path }, response) => {
      const xml = answers[path]
      if (xml === undefined) return false
      response.writeHead(200, { 'content-type': 'application/xml' }).end(xml)
      return undefined
    }
    return server
  }

  test('follow tokens, which are encoded, and markers', async () => {
    await using server = await pages({
      '/bkt/?delimiter=%2F&list-type=2&prefix=e%201%2F': page(
        ['e 1/', `e 1/${A}`],
        '<IsTruncated>true</IsTruncated><NextContinuationToken>1/a+b==</NextContinuationToken>',
      ),
      '/bkt/?continuation-token=1%2Fa%2Bb%3D%3D&delimiter=%2F&list-type=2&prefix=e%201%2F': page(
        [`e 1/${B}`],
        '<IsTruncated>true</IsTruncated>',
      ),
      [`/bkt/?delimiter=%2F&marker=e%201%2F${B}&prefix=e%201%2F`]: page(['e 1/mainnet-00002-d4735e3a.era1']),
    })
    const location = s3Location('s3://bkt/e 1/', { endpoint: server.url })
    expect((await location.listing()).files.map(({ name }) => name)).toEqual([A, B, 'mainnet-00002-d4735e3a.era1'])
    expect(server.got.every(({ headers }) => headers.authorization === undefined)).toBe(true)
  })

  test('do not go round and round', async () => {
    const again = '<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>'
    await using server = await pages({
      '/bkt/?delimiter=%2F&list-type=2&prefix=': page([A], again),
      '/bkt/?continuation-token=t&delimiter=%2F&list-type=2&prefix=': page([A], again),
    })
    await expect(s3Location('s3://bkt', { endpoint: server.url }).list()).rejects.toThrow(/does not end/)
  })

  test('go on without the list where it may not be seen', async () => {
    await using server = await FileServer.start({
      'bkt/checksums_sha256.txt': new TextEncoder().encode(`${'a'.repeat(64)}  ${A}\n`),
    })
    server.answers = ({ path }, response) => {
      if (!path.includes('?')) return false
      response.writeHead(403).end('<Error><Code>AccessDenied</Code></Error>')
      return undefined
    }
    const { files, forms } = await s3Location('s3://bkt', { endpoint: server.url }).listing()
    expect([files, forms]).toEqual([[{ name: A, sha256: 'a'.repeat(64) }], ['checksums']])
    await expect(s3Location('s3://other', { endpoint: server.url }).list()).rejects.toThrow(/AccessDenied/)
  })

  const asked = async (
    address: string,
    options: Parameters<typeof s3Location>[1],
  ): Promise<[string, Record<string, string>]> => {
    let found: [string, Record<string, string>] = ['', {}]
    const fetch = async (url: string, { headers }: { readonly headers: Record<string, string> }) => {
      found = [url, headers]
      return { ...{ status: 404, type: 'default', url, body: null }, headers: new Headers() }
    }
    const location = s3Location(address, { ...options, fetch })
    await expect(location.open("a b'(1)*+ü.era1")).rejects.toEqual(code('NOT_FOUND'))
    return found
  }
  const FILE = 'a%20b%27%281%29%2A%2B%C3%BC.era1'

  test.each([
    ['s3://history/era1', {}, 'https://history.s3.us-east-1.amazonaws.com/era1/'],
    ['s3://history', { region: 'eu-west-3' }, 'https://history.s3.eu-west-3.amazonaws.com/'],
    ['s3://history.org/x/y/', {}, 'https://s3.us-east-1.amazonaws.com/history.org/x/y/'],
    ['s3://history', { pathStyle: true }, 'https://s3.us-east-1.amazonaws.com/history/'],
    ['s3://history', { endpoint: 'https://fra1.example.com' }, 'https://fra1.example.com/history/'],
    ['s3://history', { endpoint: 'https://fra1.example.com/', pathStyle: false }, 'https://history.fra1.example.com/'],
  ])('to %s with %o are to %s', async (address, options, folder) => {
    expect((await asked(address, options))[0]).toBe(`${folder}${FILE}`)
  })

  test('are signed only with credentials', async () => {
    const [, anonymous] = await asked('s3://history', {})
    expect(anonymous).not.toHaveProperty('authorization')
    const [, signed] = await asked('s3://history', {
      credentials: { ...KEYS, sessionToken: 'token' },
      region: 'eu-west-3',
    })
    expect(signed).toMatchObject({ 'x-amz-security-token': 'token', range: 'bytes=-720896' })
    expect(signed.authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=S3RVER\/\d{8}\/eu-west-3\/s3\/aws4_request/)
  })

  test('are signed as the service computes it', async () => {
    const credentials = { accessKeyId: 'ID', secretAccessKey: 'a secret', sessionToken: 'token' }
    await using server = await FileServer.start({ "bkt/x y/a b'(1)*+ü.era1": someBytes(10) })
    server.answers = (got, response) => {
      if (got.headers.authorization === signature(got, credentials.secretAccessKey)) return false
      response.writeHead(403).end('<Error><Code>SignatureDoesNotMatch</Code></Error>')
      return undefined
    }
    const location = s3Location('s3://bkt/x y', { endpoint: server.url, credentials })
    await using file = await location.open("a b'(1)*+ü.era1")
    expect(file.size).toBe(10)
    await expect(location.list()).rejects.toEqual(code('NOT_FOUND'))
    const wrong = s3Location('s3://bkt', {
      endpoint: server.url,
      credentials: { ...credentials, secretAccessKey: 'x' },
    })
    await expect(wrong.open(A)).rejects.toThrow(/denied \(status 403, SignatureDoesNotMatch\)/)
  })

  test.each(['s3://', 's3://../x', 's3://a', 'http://a', 's3:///x'])('to %j are not made', (address) => {
    expect(() => s3Location(address)).toThrow(expect.objectContaining({ code: 'BAD_ADDRESS' }))
  })
  test('to a region or an endpoint that is none are not made', () => {
    expect(() => s3Location('s3://abc', { region: 'evil.example/' })).toThrow(/not a region/)
    expect(() => s3Location('s3://abc', { endpoint: 'ftp://x' })).toThrow(/not an http/)
  })

  describe.skipIf(!hasVectors('e2store/providers'))('over recorded pages', () => {
    const text = (name: string): string => new TextDecoder().decode(readVector('e2store', 'providers', name))

    test('find all files', async () => {
      await using server = await pages({
        '/history/?delimiter=%2F&list-type=2&prefix=era1%2F': text('s3-list-v2-page1.xml'),
        '/history/?continuation-token=1%2Fabc%2Bdef%3D%3D&delimiter=%2F&list-type=2&prefix=era1%2F':
          text('s3-list-v2-page2.xml'),
      })
      const { files, lists } = await s3Location('s3://history/era1/', { endpoint: server.url }).listing()
      expect(files.map(({ size }) => size)).toEqual([3_600_000, 3_612_345, 3_624_690, 3_637_035, 3_649_380])
      expect(lists).toEqual(['checksums.txt'])
    })
  })
})

test('openLocation takes the address of a bucket, a folder in it, or a file', async () => {
  await using server = await startS3()
  await server.put(`era1/${A}`, someBytes(10))
  const options = { s3: { endpoint: server.endpoint } }
  await using folder = await openLocation('s3://history/era1', options)
  expect(await folder.list()).toEqual([{ name: A, size: 10 }])
  await using one = await openLocation(`s3://history/era1/${A}`, options)
  expect([one.name, await one.list()]).toEqual([`s3://history/era1/${A}`, [{ name: A }]])
  await using file = await one.open(A)
  expect(file.size).toBe(10)
})
