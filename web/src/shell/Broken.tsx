import { Button } from "@fluentui/react-components"
import { Component, type ReactNode } from "react"

interface Props {
  readonly message: string
  readonly action: string
  readonly children: ReactNode
}

/** Stands in for a page that threw, or whose script could not be fetched. */
export class Broken extends Component<Props, { readonly isBroken: boolean }> {
  override state = { isBroken: false }

  static getDerivedStateFromError() {
    return { isBroken: true }
  }

  override render() {
    if (!this.state.isBroken) return this.props.children
    return (
      <main id="content" className="shell__waiting" role="alert">
        <p>{this.props.message}</p>
        <Button appearance="primary" onClick={() => window.location.reload()}>
          {this.props.action}
        </Button>
      </main>
    )
  }
}
