import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { bundledApp, FROM_SOURCE, spawnTied, tempDir } from '@datastreamer/fixtures'
import { describe, expect, test } from 'vitest'
import { committed, expectEqualFiles } from './support/equal-files.ts'
import { TestRelay, until } from './support/relay.ts'
import { Source } from './support/source.ts'

const MAIN = resolve(import.meta.dirname, '../src/main.ts')

function ip(...args: readonly string[]): void {
  execFileSync('ip', args, { stdio: 'pipe' })
}

/** Hosts that were made; the system takes a while to forget the links of one that is gone. */
let hosts = 0

/** A host of its own: a network namespace with a link to this one, which can be taken away without a word. */
class OtherHost implements Disposable {
  readonly #id = `${process.pid}x${hosts++}`
  readonly name = `dsrelay${this.#id}`
  readonly #subnet = `10.213.${(process.pid + 101 * hosts) % 250}`
  readonly #near = `dsn${this.#id}`
  readonly #far = `dsf${this.#id}`

  constructor() {
    ip('netns', 'add', this.name)
    try {
      ip('link', 'add', this.#near, 'type', 'veth', 'peer', 'name', this.#far, 'netns', this.name)
      ip('addr', 'add', `${this.nearAddress}/24`, 'dev', this.#near)
      ip('link', 'set', this.#near, 'up')
      ip('-n', this.name, 'addr', 'add', `${this.address}/24`, 'dev', this.#far)
      this.connect(true)
    } catch (error) {
      this[Symbol.dispose]()
      throw error
    }
  }

  /** Its address. */
  get address(): string {
    return `${this.#subnet}.2`
  }

  /** Ours, as it sees it. */
  get nearAddress(): string {
    return `${this.#subnet}.1`
  }

  /** Plug the cable in, or pull it out: no connection notices. */
  connect(isIn: boolean): void {
    ip('-n', this.name, 'link', 'set', this.#far, isIn ? 'up' : 'down')
  }

  [Symbol.dispose](): void {
    ip('netns', 'del', this.name)
  }
}

/** Whether network namespaces can be made: it takes root, and the tool. */
function canMakeHosts(): boolean {
  try {
    new OtherHost()[Symbol.dispose]()
    return true
  } catch {
    process.stderr.write('skipped: no network namespaces here (they need root and iproute2)\n')
    return false
  }
}

describe.skipIf(!canMakeHosts())('a host that vanishes without a word', () => {
  test('is given up for the next server; what was on it finds back when it returns', async () => {
    using dir = tempDir()
    using host = new OtherHost()
    await using source = await Source.start({ file: dir.join('source.bin'), host: '0.0.0.0' })
    await source.commitMany(20, 3)

    const limits = ['--response-timeout', '1s', '--connect-timeout', '1s', '--retry-max', '500ms']
    const there = ['--server', `${host.nearAddress}:${source.port}`, '--port', '7900', '--file', dir.join('there.bin')]
    const node = [process.execPath, ...FROM_SOURCE, bundledApp(MAIN), ...there, ...limits]
    const child = spawnTied('ip', ['netns', 'exec', host.name, ...node])
    child.stderr.resume()
    await using _killed = {
      [Symbol.asyncDispose]: async () => {
        child.kill('SIGKILL')
        await once(child, 'close')
      },
    }
    await once(createInterface({ input: child.stdout }), 'line')

    const servers = ['--server', `${host.address}:7900,${source.address}`]
    await using relay = await TestRelay.start([...servers, '--file', dir.join('here.bin'), ...limits])
    await until('over the other host', async () => (await relay.total()) === source.total)
    expect((await relay.status()).relay.upstream).toBe(`${host.address}:7900`)

    host.connect(false)
    await source.commitMany(20, 3)
    await until('over the next server', async () => (await relay.total()) === source.total)
    expect((await relay.status()).relay.upstream).toBe(source.address)
    expect(committed(dir.join('there.bin')).header.totalEntries).toBe(60n)

    host.connect(true)
    await until('the other host is back', () => committed(dir.join('there.bin')).header.totalEntries === source.total)
    expectEqualFiles(dir.join('source.bin'), dir.join('here.bin'), dir.join('there.bin'))
  })
})
