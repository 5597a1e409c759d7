import { documentedEvents } from '@datastreamer/fixtures'
import { expect, test } from 'vitest'
import { LOG_EVENTS } from '../src/index.ts'

test('docs/operations.md lists every log event, once', () => {
  expect(new Set(documentedEvents())).toEqual(new Set(LOG_EVENTS))
  expect(documentedEvents()).toHaveLength(LOG_EVENTS.length)
})
