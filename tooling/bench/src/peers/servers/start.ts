import type { System } from '../form.ts'
import { startDatastreamer } from './datastreamer.ts'
import { startJetStream } from './jetstream.ts'
import type { StartServer } from './peer-server.ts'
import { startRedis } from './redis.ts'

export const START: Readonly<Record<System, StartServer>> = {
  datastreamer: startDatastreamer,
  redis: startRedis,
  jetstream: startJetStream,
}
