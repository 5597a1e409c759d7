const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const

/** A number of bytes in units of 1000: `813 B`, `3.8 MB`, `458 GB`. */
export function bytesText(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit > 0 && value < 99.95 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`
}

/** Seconds as `8 s`, `4:05`, `2:04:05`, `3 d 4 h`. */
export function durationText(seconds: number): string {
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  const minutes = Math.floor(whole / 60)
  if (whole < 3600) return `${minutes}:${two(whole % 60)}`
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return `${hours}:${two(minutes % 60)}:${two(whole % 60)}`
  return `${Math.floor(hours / 24)} d ${hours % 24} h`
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}
