// A program that mirrors an address into a folder; it is killed by tests.
import { httpLocation } from '../../src/location.ts'
import { planMirror, runMirror } from '../../src/mirror.ts'

const [url = '', folder = ''] = process.argv.slice(2)
const locations = [httpLocation(url)]
const plan = await planMirror(locations, folder)
const { complete } = await runMirror(plan, locations, folder)
process.exitCode = complete ? 0 : 1
