export { decodeBase64, encodeBase64 } from './signing/base64.ts'
export {
  DigestChain,
  encodeIdentity,
  IDENTITY_BYTES,
  type Sha256Into,
  type StreamIdentityFields,
} from './signing/digest-chain.ts'
export { SIGNATURE_BYTES, signEd25519, verifyEd25519 } from './signing/ed25519.ts'
export { KeyError, type KeyErrorCode } from './signing/errors.ts'
export { feedIdentity, signDigest, verifyDigest } from './signing/feed.ts'
export {
  formatSignerKey,
  formatVerifierKey,
  generateSignerKey,
  idText,
  isKeyName,
  KeyType,
  parseSignerKey,
  parseVerifierKey,
  type SignerKey,
  signerKey,
  type VerifierKey,
} from './signing/keys.ts'
