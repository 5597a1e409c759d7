import type { BeaconError } from '../errors.ts'

/** An answer of HTTP. */
export interface BeaconAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Sent unless only the headers were asked for. */
  readonly body: Uint8Array | AsyncIterable<Uint8Array>
}

const text = new TextEncoder()

export function jsonAnswer(value: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): BeaconAnswer {
  const body = text.encode(JSON.stringify(value))
  return {
    status,
    headers: { 'Content-Type': 'application/json', 'Content-Length': String(body.length), ...headers },
    body,
  }
}

/** The answer that an error is. */
export function errorAnswer(error: BeaconError): BeaconAnswer {
  const headers = error.code === 'NO_METHOD' ? { Allow: 'GET, HEAD' } : {}
  return jsonAnswer({ code: error.status, message: error.message }, error.status, headers)
}

/** Serialized bytes of `length`, with what a client must know of them. */
export function sszAnswer(
  body: Uint8Array | AsyncIterable<Uint8Array>,
  { length, fork, verified }: { readonly length: number; readonly fork: string; readonly verified: string },
): BeaconAnswer {
  return {
    status: 200,
    headers: {
      'Content-Type': 'application/octet-stream',
      'Content-Length': String(length),
      'Eth-Consensus-Version': fork,
      'Datastreamer-Verified': verified,
      Vary: 'Accept',
    },
    body,
  }
}

/** A value of the chain, as most answers have it. */
export function dataAnswer(data: unknown, headers: Readonly<Record<string, string>> = {}): BeaconAnswer {
  return jsonAnswer({ execution_optimistic: false, finalized: true, data }, 200, headers)
}
