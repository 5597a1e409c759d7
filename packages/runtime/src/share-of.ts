import { isIPv6 } from './ip.ts'

/** What counts as one address: of IPv6 the network of 64 bits, all of which one host may have. */
export function shareOf(address: string): string {
  const plainText = plainAddress(address)
  if (!isIPv6(plainText)) return plainText
  const [plain = ''] = plainText.split('%', 1)
  const [head = '', tail] = plain.toLowerCase().split('::', 2)
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'))
  const missing = tail === undefined ? 0 : 8 - groups(head).length - groups(tail).length
  const all = [...groups(head), ...new Array<string>(Math.max(0, missing)).fill('0'), ...groups(tail ?? '')]
  return all
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')
}

/** An address without the IPv6 notation that a listener on both families gives to IPv4. */
export function plainAddress(address: string | undefined): string {
  return (address ?? '').replace(/^::ffff:(?=\d+\.)/i, '')
}
