import type { FolderReport } from '@datastreamer/e2store/folder'
import { toJson } from '@datastreamer/sequencer-entries'
import { MissingError, WrongFileError } from '../errors.ts'
import { FileError } from './errors.ts'
import type { Verified } from './verify-file.ts'

/** The line for one file. */
export function resultLine(path: string, result: Verified | Error, json: boolean): string {
  return json ? JSON.stringify(jsonOf(path, result)) : textOf(path, result)
}

function textOf(path: string, result: Verified | Error): string {
  const namesFile = result instanceof FileError || result instanceof WrongFileError || result instanceof MissingError
  if (namesFile) return `FAILED  ${result.message}`
  if (result instanceof Error) return `FAILED  ${path}: ${result.message}`
  return `ok      ${path}: .${result.kind}, ${result.text}`
}

function jsonOf(path: string, result: Verified | Error): unknown {
  if (!(result instanceof Error)) return toJson({ file: path, ok: true, kind: result.kind, ...result.json })
  const { message } = result
  const code = 'code' in result ? String(result.code) : null
  const at = result instanceof FileError ? { step: result.step, position: result.position } : {}
  return toJson({ file: path, ok: false, error: { code, message, ...at } })
}

/** The lines for all files together: what is wrong, and what is there. */
export function folderLines(report: FolderReport, json: boolean): readonly string[] {
  const { findings, network, blocks, eras } = report
  if (json) return [JSON.stringify(toJson({ all: true, ok: findings.length === 0, network, findings, blocks, eras }))]
  const of = network === undefined ? '' : ` of ${network}`
  return [
    ...findings.map(({ code, message }) => `FAILED  ${message} (${code})`),
    ...blocks.map(({ first, last, trustedTo, trustedBy }) => {
      const trust = trustedTo === undefined ? '' : `, trusted to block ${trustedTo} by ${trustedBy}`
      return `chain   blocks ${first} to ${last}${of}${trust}`
    }),
    ...eras.map(({ first, last }) => `chain   beacon eras ${first} to ${last}${of}`),
  ]
}
