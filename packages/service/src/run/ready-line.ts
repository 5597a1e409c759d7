import { type Address, addressText } from '../admin/address.ts'
import { escapeControls } from '../text/escape-controls.ts'

/**
 * The one line that a service writes to standard output, once it serves: `ready stream=127.0.0.1:6900`, for scripts that
 * wait for it or look for a port that was chosen by the system. With `--log-format json` it is an object.
 */
export function readyLine(addresses: Readonly<Record<string, Address>>, format: 'pretty' | 'json'): string {
  const texts = Object.entries(addresses).map(
    ([name, address]) => [name, escapeControls(addressText(address))] as const,
  )
  if (format === 'json') return `${JSON.stringify({ ready: true, ...Object.fromEntries(texts) })}\n`
  return `ready ${texts.map(([name, text]) => `${name}=${text}`).join(' ')}\n`
}
