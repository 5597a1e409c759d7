/**
 * What a terminal obeys or hides instead of showing it: controls (C0, DEL, C1), separators of lines, marks that turn the
 * direction of text around, and half characters.
 */
const CONTROL =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/**
 * Text for a line of a terminal, log or page: names, messages and values from outside cannot begin a line of their own or
 * give commands to a terminal. They are shown as `\n`, `\u001b`. JSON stays the same JSON.
 */
export function escapeControls(text: string): string {
  return text.replace(CONTROL, (character) => {
    return SHORT[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}
