import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '@datastreamer/fixtures'
import { isOpen } from '../harness/is-open.ts'

const PATH = `${process.env.PATH}:/usr/sbin`

/** A running nginx that serves a folder. */
export interface Nginx extends AsyncDisposable {
  readonly port: number
  /** Requests that it has answered. */
  requests(): number
}

/** @param scratch a folder for its own files @returns `undefined` if it is not installed */
export async function startNginx(root: string, scratch: string): Promise<Nginx | undefined> {
  mkdirSync(scratch, { recursive: true })
  const port = await freePort()
  const [log, config] = [join(scratch, 'access.log'), join(scratch, 'nginx.conf')]
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${scratch}/${name};`,
  )
  writeFileSync(log, '')
  writeFileSync(
    config,
    `daemon off; master_process off; user root; pid ${scratch}/pid; error_log ${scratch}/error.log;
events {}
http {
  access_log ${log}; keepalive_requests 1000000; ${temp.join(' ')}
  server { listen 127.0.0.1:${port}; root ${root}; autoindex on; }
}
`,
  )
  const child = spawn('nginx', ['-p', scratch, '-c', config], { stdio: 'ignore', env: { ...process.env, PATH } })
  const failed = once(child, 'error').then(() => true)
  const gone = once(child, 'exit').then(() => true)
  for (const each of [failed, gone]) each.catch(() => {})
  while (!(await isOpen(port))) if (await Promise.race([failed, gone, sleep(20, false)])) return undefined
  return {
    port,
    requests: () => readFileSync(log, 'latin1').split('\n').length - 1,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      await gone
    },
  }
}
