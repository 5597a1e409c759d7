import type { Table } from './benchmark.ts'

/** A table as Markdown, its columns aligned to be read as text too. */
export function tableText({ title, columns, rows, note }: Table): string {
  const widths = columns.map((column, i) => Math.max(column.length, 3, ...rows.map((row) => row[i]?.length ?? 0)))
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, i) => (i === 0 ? (cells[i] ?? '').padEnd(width) : (cells[i] ?? '').padStart(width))).join(' | ')} |`
  const rule = `| ${widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`
  const lines = [`**${title}**`, '', line(columns), rule, ...rows.map(line)]
  return note === undefined ? lines.join('\n') : [...lines, '', note].join('\n')
}
