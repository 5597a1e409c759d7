/** Most letters that a name may differ in, of how many. */
const LETTERS_PER_ERROR = 3

/**
 * The name that was probably meant: the same letters in another spelling, or with few of them wrong, missing, too many or
 * swapped; `undefined` if there is none.
 */
export function nearest(given: string, names: readonly string[]): string | undefined {
  const letters = lettersOf(given)
  let best: { readonly name: string; readonly errors: number } | undefined
  for (const name of names) {
    const errors = distance(letters, lettersOf(name))
    if (errors <= letters.length / LETTERS_PER_ERROR && errors < (best?.errors ?? Number.POSITIVE_INFINITY)) {
      best = { name, errors }
    }
  }
  return best?.name
}

function lettersOf(text: string): string {
  return text
    .replaceAll(/[^a-z0-9]/gi, '')
    .toLowerCase()
    .slice(0, 100)
}

/** Letters to change, add, drop or swap with the next one, to make one text of the other. */
function distance(a: string, b: string): number {
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const changed = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const swapped = isSwap ? (before[j - 2] ?? 0) + 1 : changed
      row.push(Math.min(changed, swapped, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1))
    }
    before = last
    last = row
  }
  return last[b.length] ?? 0
}
