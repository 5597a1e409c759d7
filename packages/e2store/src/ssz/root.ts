import { hashPairs } from '../accumulator/merkle.ts'
import { defaultHashes } from '../hash/hashes.ts'
import { depthOf, mixLength, reduceLeaves } from './leaf-hasher.ts'
import { bitlistLength, countElements, fieldValues, malformed, variableElements } from './parts.ts'
import { fixedSize, type SszContainer, type SszType } from './type.ts'

/** Bytes padded with zeros to whole leaves of 32 bytes, in fresh memory. */
function leavesOf(ssz: Uint8Array): Uint8Array {
  const leaves = new Uint8Array(Math.ceil(ssz.length / 32) * 32)
  leaves.set(ssz)
  return leaves
}

/** Whether values of a type share leaves in a list of them. */
export function isBasic(type: SszType): boolean {
  return type.kind === 'uint' || type.kind === 'boolean'
}

/** Depth of the tree of a list's elements. */
export function listDepth(of: SszType, limit: number): number {
  return depthOf(isBasic(of) ? Math.ceil((limit * (fixedSize(of) ?? 32)) / 32) : limit)
}

/** Bytes from which on a copy by the platform is faster than one byte after the other. */
const LARGE_COPY_BYTES = 96

/** Where the same part of many values lies: of the first at `at`, of each other so many bytes after the one before. */
interface Strided {
  readonly bytes: Uint8Array
  readonly at: number
  readonly stride: number
}

/** Copy `width` bytes of each of `count` values. */
function copyEach(count: number, width: number, from: Strided, to: Strided): void {
  for (let i = 0; i < count; i++) {
    const source = from.at + i * from.stride
    const target = to.at + i * to.stride
    if (width >= LARGE_COPY_BYTES) to.bytes.set(from.bytes.subarray(source, source + width), target)
    else for (let k = 0; k < width; k++) to.bytes[target + k] = from.bytes[source + k] as number
  }
}

/** Throw unless each value of a bit type or a boolean has no bit set that it cannot have. */
function checkBits(type: SszType, values: Strided, count: number, size: number, position: number): void {
  const unused = type.kind === 'boolean' ? 7 : type.kind === 'bitvector' ? 8 * size - type.length : 0
  if (unused === 0) return
  for (let i = 0; i < count; i++) {
    const last = values.bytes[values.at + i * values.stride + size - 1] as number
    if (last >> (8 - unused) !== 0) malformed(`bits ${last} past the end of a value`, position)
  }
}

/**
 * Roots of `count` values of fixed size, joined: all values are hashed together, level by level.
 *
 * @throws {E2FormatError} `BAD_SSZ`
 */
export function rootsOfFixed(type: SszType, values: Uint8Array, count: number, position: number): Uint8Array {
  const size = values.length / count
  checkBits(type, { bytes: values, at: 0, stride: size }, count, size, position)
  if (type.kind === 'container') return rootsOfContainers(type, values, count, position)
  if (type.kind === 'vector' && !isBasic(type.of)) {
    const roots = rootsOfFixed(type.of, values, count * type.length, position)
    return reduceAll(roots, count, 32 * type.length)
  }
  if (size === 32) return values.slice()
  const spread = Math.ceil(size / 32) * 32
  const leaves = new Uint8Array(count * spread)
  copyEach(count, size, { bytes: values, at: 0, stride: size }, { bytes: leaves, at: 0, stride: spread })
  return reduceAll(leaves, count, spread)
}

function rootsOfContainers(type: SszContainer, values: Uint8Array, count: number, position: number): Uint8Array {
  const width = 32 * type.fields.length
  const stride = values.length / count
  const leaves = new Uint8Array(count * width)
  let at = 0
  for (const [i, [, field]] of type.fields.entries()) {
    const size = fixedSize(field) as number
    const from = { bytes: values, at, stride }
    const to = { bytes: leaves, at: 32 * i, stride: width }
    if (size <= 32 && field.kind !== 'container' && field.kind !== 'vector') {
      checkBits(field, from, count, size, position)
      copyEach(count, size, from, to)
    } else {
      const own = new Uint8Array(count * size)
      copyEach(count, size, from, { bytes: own, at: 0, stride: size })
      const roots = rootsOfFixed(field, own, count, position)
      copyEach(count, 32, { bytes: roots, at: 0, stride: 32 }, to)
    }
    at += size
  }
  return reduceAll(leaves, count, width)
}

/** The roots of `count` trees of leaves, each of `width` bytes. Overwrites `leaves`. */
function reduceAll(leaves: Uint8Array, count: number, width: number): Uint8Array {
  const depth = depthOf(width / 32)
  if (depth === 0) return leaves
  const whole = 32 << depth
  const padded = whole === width ? leaves : new Uint8Array(count * whole)
  if (padded !== leaves) {
    copyEach(count, width, { bytes: leaves, at: 0, stride: width }, { bytes: padded, at: 0, stride: whole })
  }
  // All trees are full, so their levels lie next to each other as one tree's would.
  let length = padded.length
  for (let level = 0; level < depth; level++, length /= 2) {
    hashPairs(padded.subarray(0, length), padded, defaultHashes())
  }
  return padded.subarray(0, length)
}

/**
 * hash_tree_root of a serialized value.
 *
 * @param position where `ssz` begins in its file, for errors
 * @throws {E2FormatError} `BAD_SSZ`: the bytes are no value of the type
 */
export function hashTreeRoot(type: SszType, ssz: Uint8Array, position = 0): Uint8Array {
  const size = fixedSize(type)
  if (size !== undefined) {
    if (ssz.length !== size) malformed(`${ssz.length} bytes of a value of ${size}`, position)
    return rootsOfFixed(type, ssz, 1, position)
  }
  switch (type.kind) {
    case 'container':
      return containerRoot(type, ssz, position)
    case 'byteList': {
      if (ssz.length > type.limit) malformed(`${ssz.length} bytes, expected at most ${type.limit}`, position)
      return mixLength(reduceLeaves(leavesOf(ssz), depthOf(Math.ceil(type.limit / 32))), ssz.length)
    }
    case 'bitlist': {
      const bits = bitlistLength(ssz, type.limit, position)
      const packed = leavesOf(ssz)
      packed[bits >> 3] = (packed[bits >> 3] as number) & ~(1 << (bits & 7))
      const leaves = packed.subarray(0, Math.ceil(bits / 256) * 32)
      return mixLength(reduceLeaves(leaves, depthOf(Math.ceil(type.limit / 256))), bits)
    }
    case 'list':
      return listRoot(type.of, type.limit, ssz, position)
    default:
      return malformed(`a ${type.kind} of values of variable size`, position)
  }
}

function containerRoot(type: SszContainer, ssz: Uint8Array, position: number): Uint8Array {
  const leaves = new Uint8Array(32 * type.fields.length)
  for (const [i, { layout, value }] of fieldValues(type, ssz, position).entries()) {
    leaves.set(hashTreeRoot(layout.type, value, position), 32 * i)
  }
  return reduceLeaves(leaves, depthOf(type.fields.length))
}

function listRoot(of: SszType, limit: number, ssz: Uint8Array, position: number): Uint8Array {
  const depth = listDepth(of, limit)
  if (fixedSize(of) === undefined) {
    const elements = variableElements(ssz, limit, position)
    const leaves = new Uint8Array(32 * elements.length)
    for (const [i, element] of elements.entries()) leaves.set(hashTreeRoot(of, element, position), 32 * i)
    return mixLength(reduceLeaves(leaves, depth), elements.length)
  }
  const count = countElements(of, ssz, limit, position)
  const leaves = count === 0 ? ssz : isBasic(of) ? leavesOf(ssz) : rootsOfFixed(of, ssz, count, position)
  return mixLength(reduceLeaves(leaves, depth), count)
}
