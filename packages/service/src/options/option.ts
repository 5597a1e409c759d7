interface OptionBase {
  /** One line for `--help`, without the default. */
  readonly help: string
  /** Heading under which `--help` lists it. */
  readonly group?: string | undefined
  /** What stands for the value in `--help`. */
  readonly placeholder?: string | undefined
  /** Whether `--help` leaves it out. */
  readonly hidden?: boolean | undefined
  /** Further spellings, for deployments that come from another program. */
  readonly aliases?: OptionAliases | undefined
}

/** Other names of an option. */
export interface OptionAliases {
  /** Without the dashes; a single letter has one dash. */
  readonly flags?: readonly string[] | undefined
  readonly env?: readonly string[] | undefined
  /** Keys in the configuration file, in any case; `Table.Key` for one in a table. */
  readonly keys?: readonly string[] | undefined
  /** Turns what one of these variables or keys gives into what the option takes. */
  readonly translate?: ((given: unknown) => unknown) | undefined
}

/** One thing that can be configured. */
export type Option =
  | (OptionBase & { readonly type: 'text'; readonly default?: string })
  /** A name or an address, of IPv6 with or without brackets, which are taken away. */
  | (OptionBase & { readonly type: 'host'; readonly default?: string })
  | (OptionBase & {
      readonly type: 'list'
      readonly default?: readonly string[]
      /** Its values stand on the command line without a flag; what `--help` calls one of them. */
      readonly operand?: string
    })
  | (OptionBase & { readonly type: 'choice'; readonly choices: readonly string[]; readonly default: string })
  | (OptionBase & {
      readonly type: 'boolean'
      /** What holds without it (default false); where that is true, `--help` lists `--no-...`, and `help` is of that. */
      readonly default?: boolean
      /** What holds without it where the configuration is another program's: has any of its spellings. */
      readonly foreignDefault?: boolean
    })
  | (OptionBase & { readonly type: 'integer'; readonly min: number; readonly max: number; readonly default?: number })
  | (OptionBase & { readonly type: 'u64'; readonly default?: bigint })
  /** Bytes in a second: a number with `KiB/s`, `MiB/s` or `GiB/s` after it; `off` is 0. */
  | (OptionBase & { readonly type: 'rate'; readonly default?: string })
  /** A number of `unit`s, or one with its unit after it (`500ms`, `3s`, `2m`, `1h`); always milliseconds once read. */
  | (OptionBase & { readonly type: 'duration'; readonly unit: 'ms' | 's'; readonly default?: number })

/**
 * All that can be configured, by its name in camelCase. From `writeTimeout` come the flag `--write-timeout`, the variable
 * `DATASTREAMER_WRITE_TIMEOUT` and the key `write-timeout` of the configuration file.
 */
export type OptionTable = Readonly<Record<string, Option>>

type Read<O extends Option> = O extends { readonly type: 'boolean' }
  ? boolean
  : O extends { readonly type: 'integer' | 'duration' | 'rate' }
    ? number
    : O extends { readonly type: 'u64' }
      ? bigint
      : O extends { readonly type: 'list' }
        ? readonly string[]
        : O extends { readonly type: 'choice'; readonly choices: readonly (infer Choice)[] }
          ? Choice
          : string

/** The value of one option: `undefined` only if it was not given and has no default. */
export type ValueOf<O extends Option> = O extends { readonly type: 'boolean' } | { readonly default: unknown }
  ? Read<O>
  : Read<O> | undefined

/** The values of a table's options. */
export type ConfigOf<T extends OptionTable> = { readonly [K in keyof T]: ValueOf<T[K]> }

/** `write-timeout` of `writeTimeout`: the flag without its dashes, and the key in a file. */
export function flagOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

/** What the names of our variables begin with. */
export const VARIABLE_PREFIX = 'DATASTREAMER_'

/** `DATASTREAMER_WRITE_TIMEOUT` of `writeTimeout`. */
export function variableOf(name: string): string {
  return `${VARIABLE_PREFIX}${flagOf(name).replaceAll('-', '_').toUpperCase()}`
}
