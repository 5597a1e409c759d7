/** A file that the page links to. */
export interface PageFile {
  readonly name: string
  /** Bytes. */
  readonly size: number
  readonly mtimeMs: number
}

/** The line that says that a page may be replaced by another one of this kind. */
export const PAGE_MARK = '<!-- made by datastreamer e2store manifest -->'

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const NAME_WIDTH = 60
const SIZE_WIDTH = 20

/**
 * A page as nginx makes it of a folder, with whole names and exact sizes. All that is known to read such pages finds the
 * files in it: one link a line, in double quotes, relative, and nothing else on that line that looks like a name of history.
 *
 * Names of history are safe in HTML. The dot of an extension that is not the last of a name is written as `%2E`: some
 * clients take the first extension that they know for the end of a name, and count lines.
 */
export function indexPage(title: string, files: readonly PageFile[]): string {
  const lines = files.map(({ name, size, mtimeMs }) => {
    const link = hideInnerExtension(name)
    const shown = link === name ? name : `index of ${name.slice(0, name.indexOf('.'))}`
    const pad = ' '.repeat(Math.max(1, NAME_WIDTH - shown.length))
    return `<a href="${link}">${shown}</a>${pad}${dateText(mtimeMs)} ${String(size).padStart(SIZE_WIDTH)}`
  })
  const head = `<html>\n${PAGE_MARK}\n<head><title>${escapeHtml(title)}</title></head>\n<body>\n`
  return `${head}<h1>${escapeHtml(title)}</h1><hr><pre>\n${lines.join('\n')}\n</pre><hr></body>\n</html>\n`
}

function hideInnerExtension(name: string): string {
  return name.replace(/\.(?=(?:era1?|erae?|ere|e2hs)\.)/g, '%2E')
}

/** `20-Feb-2024 19:50`, in UTC. */
function dateText(ms: number): string {
  const date = new Date(ms)
  const two = (value: number): string => String(value).padStart(2, '0')
  const day = `${two(date.getUTCDate())}-${MONTHS[date.getUTCMonth()]}-${date.getUTCFullYear()}`
  return `${day} ${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"'.]/g, (c) => `&#${c.charCodeAt(0)};`)
}
