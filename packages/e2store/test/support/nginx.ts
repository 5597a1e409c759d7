import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort, spawnTied } from '@datastreamer/fixtures'

const PROGRAM = ['nginx', '/usr/sbin/nginx'].find((path) => spawnSync(path, ['-v']).status === 0)

/** Whether nginx is installed. */
export function hasNginx(): boolean {
  if (PROGRAM === undefined) process.stderr.write('skipped: nginx is not installed (nginx-light)\n')
  return PROGRAM !== undefined
}

/** A running nginx. */
export interface Nginx extends AsyncDisposable {
  /** Of its root, with a slash at the end. */
  readonly url: string
}

/**
 * Serve a folder.
 *
 * @param scratch an empty folder for its own files
 * @param directives of the server, like `autoindex on;`
 */
export async function startNginx(root: string, scratch: string, directives = ''): Promise<Nginx> {
  const port = await freePort()
  mkdirSync(scratch, { recursive: true })
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${scratch}/${name};`,
  )
  writeFileSync(
    join(scratch, 'nginx.conf'),
    `daemon off; master_process off; user root; pid ${scratch}/pid; error_log ${scratch}/error.log;
events {}
http {
  access_log off; ${temp.join(' ')}
  server { listen 127.0.0.1:${port}; root ${root}; ${directives} }
}
`,
  )
  const child = spawnTied(PROGRAM ?? 'nginx', ['-p', scratch, '-c', join(scratch, 'nginx.conf')])
  let errors = ''
  child.stderr.on('data', (text: Buffer) => {
    errors += text.toString()
  })
  while (!(await isOpen(port))) {
    if (child.exitCode !== null) throw new Error(`nginx ended with ${child.exitCode}: ${errors}`)
    await sleep(10)
  }
  return {
    url: `http://127.0.0.1:${port}/`,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      if (child.exitCode === null && child.signalCode === null)
        await new Promise((resolve) => child.once('exit', resolve))
    },
  }
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
