import { randomBytes } from 'node:crypto'
import { formatSignerKey, formatVerifierKey, generateSignerKey, isKeyName } from '@datastreamer/format/signing'
import { Argument, Command, InvalidArgumentError, Option } from 'commander'
import { UsageError } from '../errors.ts'
import { examples } from '../help-text.ts'
import type { RunCommand } from '../run-command.ts'
import { writeSecret } from './write-secret.ts'

export function keygenCommand(run: RunCommand): Command {
  return new Command('keygen')
    .addArgument(new Argument('<FILE>', 'where the private key is written; it must not be there yet'))
    .summary('make a key that signs')
    .description(
      'Make an Ed25519 key that signs a history, or a stream. The private key is written to a file that only you can ' +
        'read; the public key is printed: readers give it as --public-key.',
    )
    .addOption(
      new Option(
        '--name <name>',
        'name of the key and of the history, as history.example/zkevm (default: a random one)',
      ).argParser(readKeyName),
    )
    .addHelpText('after', examples('datastreamer history keygen history.key --name history.example/zkevm'))
    .action((file: string, { name }: { readonly name?: string }) =>
      run(async ({ out }) => {
        const key = await generateSignerKey(name ?? `history-${randomBytes(4).toString('hex')}`)
        await writeSecret(file, `${formatSignerKey(key)}\n`).catch((error: NodeJS.ErrnoException) => {
          if (error.code !== 'EEXIST') throw error
          throw new UsageError('USAGE', `${file} is there already: a key is never overwritten`)
        })
        await out.line(formatVerifierKey(key))
      }),
    )
}

function readKeyName(text: string): string {
  if (isKeyName(text)) return text
  throw new InvalidArgumentError('A name has no space and no +, as history.example/zkevm.')
}
