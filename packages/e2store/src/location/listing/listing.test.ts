import { hasVectors, readVector } from '@datastreamer/fixtures'
import { describe, expect, test } from 'vitest'
import { parseHtml } from './html.ts'
import { parseJsonList } from './json.ts'
import { parsePage } from './page.ts'
import { parseS3List } from './s3-xml.ts'
import { parseUrls } from './urls.ts'

const PAGE = 'https://mirror.example/era1/index.html'
const A = 'mainnet-00000-5feceb66.era1'

describe('links of a page', () => {
  test.each<[string, string, object[]]>([
    ['in double quotes', `<a href="${A}">`, [{ name: A }]],
    ['in single quotes', `<a href='${A}'>`, [{ name: A }]],
    ['without quotes', `<A HREF=${A}>`, [{ name: A }]],
    ['absolute', `<a href="https://mirror.example/era1/${A}">`, [{ name: A }]],
    ['under another scheme', `<a href="http://mirror.example/era1/${A}">`, [{ name: A }]],
    ['from the root', `<a href="/era1/${A}">`, [{ name: A }]],
    ['encoded', '<a href="mainnet%2D00000-5feceb66.era1">', [{ name: A }]],
    ['with entities', '<a href="mainnet&#45;00000&#x2d;5feceb66.era1?a=1&amp;b=2">', [{ name: A }]],
    ['twice', `<a href="${A}">${A}</a><a href="${A}">`, [{ name: A }]],
    [
      'with its size',
      `<a href="${A}">mainnet-00000-5fece..&gt;</a>  20-Feb-2024 19:50   3600000\n`,
      [{ name: A, size: 3600000 }],
    ],
    ['with a rounded size', `<a href="${A}">x</a>  2024-02-20 19:50  3.4M\n`, [{ name: A }]],
    ['as a string', `const files = ["${A}"]`, [{ name: A }]],
    ['as a string with a size', `{"name": "${A}", "size": 17}`, [{ name: A, size: 17 }]],
    [
      'of every kind',
      '<a href="x-00001-00000000.ere"><a href="x-00001-00000000-noproofs.ere"><a href="x-00001-00001-00000000.erae"><a href="x-00001-0a0b0c0d.era">',
      [
        { name: 'x-00001-00000000-noproofs.ere' },
        { name: 'x-00001-00000000.ere' },
        { name: 'x-00001-00001-00000000.erae' },
        { name: 'x-00001-0a0b0c0d.era' },
      ],
    ],
    ['with its index', `<a href="${A}"><a href="${A}.idx"><a href="x.idx">`, [{ name: A }, { name: `${A}.idx` }]],
    [
      'to lists',
      '<a href="checksums.txt"><a href="checksums_sha256.txt"><a href="urls.txt"><a href="SHA256SUMS"><a href="robots.txt">',
      [{ name: 'SHA256SUMS' }, { name: 'checksums.txt' }, { name: 'checksums_sha256.txt' }, { name: 'urls.txt' }],
    ],
  ])('are found %s', (_, html, files) => {
    expect(parseHtml(html, PAGE)).toEqual(files)
  })

  test.each([
    ['to another folder', `<a href="../era/${A}">`],
    ['to a folder below', `<a href="old/${A}">`],
    ['to another host', `<a href="https://evil.example/era1/${A}">`],
    ['that lead out of the folder when decoded', `<a href="..%2F${A}"><a href="%2e%2e/${A}">`],
    [
      'of another kind',
      '<a href="mainnet-00000-5feceb66.era1x"><a href="mainnet-00000-5feceb66.era1.part"><a href="javascript:x">',
    ],
    ['that are only shown', `<p>${A}</p>`],
    ['in a template', `<a href="./\${file.name}">`],
    ['with broken encoding', '<a href="%zz-00000-5feceb66.era1">'],
  ])('are not taken %s', (_, html) => {
    expect(parseHtml(html, PAGE)).toEqual([])
  })

  test('of a long and hostile page take no long time', () => {
    const pages = [
      '"'.repeat(400_000),
      'href='.repeat(100_000),
      `href="${'a'.repeat(400_000)}`,
      `<a href="${A}">${' '.repeat(400_000)}`,
    ]
    const start = performance.now()
    for (const page of pages) parseHtml(page, PAGE)
    expect(performance.now() - start).toBeLessThan(5000)
  })
})

test('a list as JSON has names, types and sizes', () => {
  const list = [
    { name: A, type: 'file', size: 5 },
    { name: 'mainnet-00001-6b86b273.era1', type: 'directory' },
    { name: '../mainnet-00001-6b86b273.era1', type: 'file', size: 5 },
    { name: 'mainnet-00002-d4735e3a.era1', size: -5 },
    'x',
    null,
  ]
  const files = [{ name: A, size: 5 }, { name: 'mainnet-00002-d4735e3a.era1' }]
  expect(parseJsonList(JSON.stringify(list))).toEqual(files)
  expect(parsePage(` ${JSON.stringify(list)}`, PAGE)).toEqual({ form: 'json', files })
  expect(parseJsonList('{}')).toBeUndefined()
  expect(parseJsonList('[')).toBeUndefined()
})

describe('a list of a bucket', () => {
  const page = (rest: string): string => `<?xml version="1.0"?><ListBucketResult xmlns="x">${rest}</ListBucketResult>`
  const entry = (key: string, size = 1): string => `<Contents><Key>${key}</Key><Size>${size}</Size></Contents>`

  test('has keys and sizes', () => {
    expect(parseS3List(page(entry('era1/a&amp;&#98;&#x63;.era1', 7)))).toEqual({
      keys: [{ key: 'era1/a&bc.era1', size: 7 }],
      next: undefined,
    })
  })

  test.each([
    ['<IsTruncated>true</IsTruncated><NextContinuationToken>a+b==</NextContinuationToken>', { token: 'a+b==' }],
    ['<IsTruncated>true</IsTruncated><NextMarker>k</NextMarker>', { marker: 'k' }],
    ['<IsTruncated>true</IsTruncated>', { marker: 'last' }],
    ['<IsTruncated>false</IsTruncated><NextContinuationToken>a</NextContinuationToken>', undefined],
  ])('says what the next page is asked for with: %s', (rest, next) => {
    expect(parseS3List(page(`${rest}${entry('first')}${entry('last')}`))?.next).toEqual(next)
  })

  test('may have its keys encoded', () => {
    expect(parseS3List(page(`<EncodingType>url</EncodingType>${entry('a%2Fb+c')}`))?.keys).toEqual([
      { key: 'a/b c', size: 1 },
    ])
  })

  test('is told from other answers', () => {
    expect(parseS3List('<Error><Code>AccessDenied</Code></Error>')).toBeUndefined()
    expect(() => parsePage('<?xml version="1.0"?>\n<Error><Code>AccessDenied</Code></Error>', PAGE)).toThrow(
      /AccessDenied/,
    )
    expect(parsePage('<?xml version="1.0"?><html/>', PAGE)).toEqual({ form: 'html', files: [] })
  })
})

test('a list of addresses has those of archives, wherever they are', () => {
  const text = `\ufeff# comment\r\nhttps://a.example/x/${A}\r\n  out=mainnet-00001-6b86b273.era1\nhttps://b.example/readme.txt\nftp://c.example/${A}\nhttp://b.example/y/mainnet-00002-d4735e3a.era1\thttp://c.example/z\nhttps://[/${A}\n`
  expect(parseUrls(text)).toEqual([
    { name: A, url: `https://a.example/x/${A}` },
    { name: 'mainnet-00002-d4735e3a.era1', url: 'http://b.example/y/mainnet-00002-d4735e3a.era1' },
  ])
})

interface Expected {
  readonly files?: readonly (string | { readonly name: string; readonly size: number | null })[]
  readonly lists?: readonly string[]
  readonly next?: string
}

describe.skipIf(!hasVectors('e2store/providers'))('pages as servers make them', () => {
  const text = (name: string): string => new TextDecoder().decode(readVector('e2store', 'providers', name))
  const expected = JSON.parse(text('expected.json')) as Record<string, Expected>

  const pages = Object.entries(expected).filter(([name]) => /\.(html|json)$/.test(name))
  test('are there', () => expect(pages.length).toBeGreaterThan(5))

  test.each(pages)('%s', (name, { files = [], lists = [] }) => {
    const page = parsePage(text(name), PAGE)
    if (page.form === 's3') throw new Error('not a bucket')
    const archives = page.files.filter(({ name: each }) => !each.endsWith('.txt'))
    expect(archives.map((file) => ({ size: null, ...file }))).toEqual(files)
    expect(page.files.map((file) => file.name).filter((each) => each.endsWith('.txt'))).toEqual(lists)
  })

  test.each(Object.entries(expected).filter(([name]) => name.startsWith('s3-list')))(
    '%s',
    (name, { files = [], lists = [], next }) => {
      const page = parseS3List(text(name))
      const keys = page?.keys.map(({ key, size }) => ({ name: key.slice('era1/'.length), size })) ?? []
      expect(keys.filter((each) => each.name.endsWith('.era1'))).toEqual(files)
      expect(keys.map((each) => each.name).filter((each) => each.endsWith('.txt'))).toEqual(lists)
      const found = page?.next
      expect(found === undefined ? undefined : 'token' in found ? found.token : `marker=${found.marker}`).toEqual(next)
    },
  )

  test('urls.txt', () => {
    expect(parseUrls(text('urls.txt')).map(({ name }) => name)).toEqual(expected['urls.txt']?.files)
  })
})
