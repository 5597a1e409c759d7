import { isArchiveName, isListName, isSidecarName } from '../names.ts'
import { distinct, type FoundFile } from './found.ts'

/**
 * The files in a list that nginx makes as JSON: `[{ "name", "type": "file", "size" }]`; `undefined` if the text is none.
 */
export function parseJsonList(text: string): FoundFile[] | undefined {
  let entries: unknown
  try {
    entries = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!Array.isArray(entries)) return undefined
  const found: FoundFile[] = []
  for (const entry of entries as readonly unknown[]) {
    const { name, type, size } = (entry ?? {}) as {
      readonly name?: unknown
      readonly type?: unknown
      readonly size?: unknown
    }
    if (typeof name !== 'string' || (type !== undefined && type !== 'file')) continue
    if (!isArchiveName(name) && !isSidecarName(name) && !isListName(name)) continue
    const isExact = typeof size === 'number' && Number.isSafeInteger(size) && size >= 0
    found.push(isExact ? { name, size } : { name })
  }
  return distinct(found)
}
