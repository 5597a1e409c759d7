import { LocationError } from './errors.ts'
import type { Location } from './location.ts'

/**
 * One file of a location, as a location that has nothing else.
 *
 * @param shown how that location is named (default: the folder's name and the file's)
 */
export function onlyFile(location: Location, name: string, shown = `${location.name}${name}`): Location {
  const { download } = location
  const checked = (other: string): string => {
    if (other === name) return name
    throw new LocationError(
      'NOT_FOUND',
      `${shown} is one file, there is no ${JSON.stringify(other.slice(0, 120))} in it`,
    )
  }
  return {
    name: shown,
    list: async () => [{ name }],
    open: async (other, options) => location.open(checked(other), options),
    readText: async (other, options) => (other === name ? location.readText(other, options) : undefined),
    ...(download && { download: async (other, options) => download(checked(other), options) }),
    [Symbol.asyncDispose]: () => location[Symbol.asyncDispose](),
  }
}
