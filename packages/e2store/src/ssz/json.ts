import { toHex } from '../io/bytes.ts'
import { countElements, fieldValues, malformed, variableElements } from './parts.ts'
import { fixedSize, type SszType } from './type.ts'

/** A value as the Beacon API writes it. */
export type SszJson = string | boolean | readonly SszJson[] | { readonly [name: string]: SszJson }

function decimal(ssz: Uint8Array): string {
  let value = 0n
  for (let at = ssz.length - 1; at >= 0; at--) value = (value << 8n) | BigInt(ssz[at] as number)
  return value.toString()
}

/**
 * A serialized value as JSON of the Beacon API: numbers as decimal strings, bytes and bits as `0x` and hex.
 *
 * @param position where `ssz` begins in its file, for errors
 * @throws {E2FormatError} `BAD_SSZ`
 */
export function sszJson(type: SszType, ssz: Uint8Array, position = 0): SszJson {
  const size = fixedSize(type)
  if (size !== undefined && ssz.length !== size) malformed(`${ssz.length} bytes of a value of ${size}`, position)
  switch (type.kind) {
    case 'uint':
      return decimal(ssz)
    case 'boolean':
      return ssz[0] === 1
    case 'container':
      return Object.fromEntries(
        fieldValues(type, ssz, position).map(({ layout, value }) => [
          layout.name,
          sszJson(layout.type, value, position),
        ]),
      )
    case 'vector':
      return elements(type.of, ssz, type.length, position).map((element) => sszJson(type.of, element, position))
    case 'list':
      return elements(type.of, ssz, type.limit, position).map((element) => sszJson(type.of, element, position))
    default:
      return `0x${toHex(ssz)}`
  }
}

function elements(of: SszType, ssz: Uint8Array, limit: number, position: number): readonly Uint8Array[] {
  const size = fixedSize(of)
  if (size === undefined) return variableElements(ssz, limit, position)
  const count = countElements(of, ssz, limit, position)
  return Array.from({ length: count }, (_, i) => ssz.subarray(i * size, (i + 1) * size))
}
