import { expect, test } from 'vitest'
import { s3FromEnvironment } from '../src/node.ts'

test('the usual variables say where a bucket is and what opens it', () => {
  const keys = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' }
  expect(s3FromEnvironment({})).toEqual({ credentials: undefined, region: undefined, endpoint: undefined })
  expect(s3FromEnvironment({ ...keys, AWS_REGION: 'a', AWS_DEFAULT_REGION: 'b', AWS_SESSION_TOKEN: 't' })).toEqual({
    credentials: { accessKeyId: 'id', secretAccessKey: 'secret', sessionToken: 't' },
    region: 'a',
    endpoint: undefined,
  })
  expect(s3FromEnvironment({ AWS_DEFAULT_REGION: 'b', AWS_ENDPOINT_URL: 'x', AWS_ENDPOINT_URL_S3: 'y' })).toMatchObject(
    {
      region: 'b',
      endpoint: 'y',
    },
  )
  // Half of a key, or an empty one, is none.
  expect(s3FromEnvironment({ AWS_ACCESS_KEY_ID: 'id' }).credentials).toBeUndefined()
  expect(s3FromEnvironment({ ...keys, AWS_SECRET_ACCESS_KEY: '' }).credentials).toBeUndefined()
})
