import { Argument, type Command } from 'commander'
import { publicKeyOption } from '../source/source-options.ts'

/** Give a command the argument SRC, a history, and the option that says whose is believed. */
export function takesHistory(command: Command): Command {
  return command
    .addArgument(new Argument('<SRC>', 'a history: a folder, an http(s):// address or s3://bucket/prefix'))
    .addOption(publicKeyOption())
}
