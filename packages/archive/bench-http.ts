import { spawnSync } from 'node:child_process'
import { startNginx } from '@datastreamer/fixtures'

await using nginx = await startNginx('/tmp/rb/history', 'add_header Access-Control-Allow-Origin *;')
spawnSync(
  process.execPath,
  ['--conditions=@datastreamer/source', 'bench-read.ts', process.argv[2] ?? 'batches', nginx.url, 'sync'],
  { stdio: 'inherit' },
)
