import { MessagePort } from "./MessagePort.ts"
import { MessagePortMain } from "./MessagePortMain.ts"

/** What sending a port to a window makes of it, without a window: the page's face, in this thread. */
export const moveToPage = (port: MessagePortMain): MessagePort => {
  const [pipe] = MessagePortMain.pipesOf([port])
  return new MessagePort(pipe!.neuter()!)
}
