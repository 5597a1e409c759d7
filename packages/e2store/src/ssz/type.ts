/** A field of a container: its name in the consensus specifications, and its type. */
export type SszField = readonly [name: string, type: SszType]

/** A type of SSZ as data. Lengths and limits count elements; for `bytes` and `byteList` bytes, for bit types bits. */
export type SszType =
  | { readonly kind: 'uint'; readonly bytes: 1 | 8 | 32 }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'bytes'; readonly length: number }
  | { readonly kind: 'byteList'; readonly limit: number }
  | { readonly kind: 'bitvector'; readonly length: number }
  | { readonly kind: 'bitlist'; readonly limit: number }
  | { readonly kind: 'vector'; readonly of: SszType; readonly length: number }
  | { readonly kind: 'list'; readonly of: SszType; readonly limit: number }
  | { readonly kind: 'container'; readonly fields: readonly SszField[] }

export type SszContainer = Extract<SszType, { readonly kind: 'container' }>

export const uint8: SszType = { kind: 'uint', bytes: 1 }
export const uint64: SszType = { kind: 'uint', bytes: 8 }
export const uint256: SszType = { kind: 'uint', bytes: 32 }
export const boolean: SszType = { kind: 'boolean' }

export function bytes(length: number): SszType {
  return { kind: 'bytes', length }
}

export function list(of: SszType, limit: number): SszType {
  return { kind: 'list', of, limit }
}

export function vector(of: SszType, length: number): SszType {
  return { kind: 'vector', of, length }
}

/** A container of the fields of others and of its own, in this order. */
export function container(fields: Readonly<Record<string, SszType>>): SszContainer {
  return { kind: 'container', fields: Object.entries(fields) }
}

/** Bytes of every value of a type; `undefined` if they depend on the value. */
export function fixedSize(type: SszType): number | undefined {
  switch (type.kind) {
    case 'uint':
      return type.bytes
    case 'boolean':
      return 1
    case 'bytes':
      return type.length
    case 'bitvector':
      return Math.ceil(type.length / 8)
    case 'vector': {
      const size = fixedSize(type.of)
      return size === undefined ? undefined : size * type.length
    }
    case 'container': {
      let total = 0
      for (const [, field] of type.fields) {
        const size = fixedSize(field)
        if (size === undefined) return undefined
        total += size
      }
      return total
    }
    default:
      return undefined
  }
}

/** A field of a container where its serialization begins: the value itself, or the offset of a value of variable size. */
export interface FieldLayout {
  readonly name: string
  readonly type: SszType
  /** Byte position in the container. */
  readonly at: number
  /** `undefined`: an offset of four bytes. */
  readonly size: number | undefined
}

/** The first part of a container, with the values of fixed size and the offsets of the others. */
export interface FixedPart {
  readonly layouts: readonly FieldLayout[]
  readonly size: number
}

const fixedParts = new WeakMap<SszContainer, FixedPart>()

export function fixedPart(type: SszContainer): FixedPart {
  const known = fixedParts.get(type)
  if (known) return known
  const layouts: FieldLayout[] = []
  let at = 0
  for (const [name, field] of type.fields) {
    const size = fixedSize(field)
    layouts.push({ name, type: field, at, size })
    at += size ?? 4
  }
  const part = { layouts, size: at }
  fixedParts.set(type, part)
  return part
}
