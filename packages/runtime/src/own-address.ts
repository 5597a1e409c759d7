import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os'
import { isIPv4 } from './ip.ts'
import { plainAddress } from './share-of.ts'

/**
 * Whether an address is one of this machine: loopback, or that of one of its interfaces, an IPv6 zone aside. Where the system
 * does not list these, only loopback is.
 */
export function isOwnAddress(address: string): boolean {
  const [plain = ''] = plainAddress(address).split('%', 1)
  if (plain === '::1' || (isIPv4(plain) && plain.startsWith('127.'))) return true
  return interfaces().some((list) => list?.some((own) => own.address === plain))
}

function interfaces(): (NetworkInterfaceInfo[] | undefined)[] {
  try {
    return Object.values(networkInterfaces())
  } catch {
    return []
  }
}
