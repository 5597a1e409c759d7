/** How text from outside is shown, for programs that are no service: nothing else is loaded with it. */
export { escapeControls } from './text/escape-controls.ts'
