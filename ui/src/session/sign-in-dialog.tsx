import { FormGroup, FormHelperText, HelperText, HelperTextItem, TextInput } from "@patternfly/react-core";
import { useState } from "react";
import { FormDialog } from "../frame/form-dialog.tsx";
import { setToken } from "./token.ts";

/** Takes a token that a person pastes. */
export function SignInDialog({ onClose }: { onClose: () => void }) {
  const [pasted, setPasted] = useState("");
  return (
    <FormDialog
      id="sign-in"
      title="Sign in with a token"
      label="Token"
      verb="Use token"
      isDisabled={pasted.trim() === ""}
      onSubmit={() => {
        setToken(pasted);
        onClose();
      }}
      onClose={onClose}
    >
      <FormGroup label="Bearer token" fieldId="token">
        <TextInput
          id="token"
          type="password"
          autoComplete="off"
          value={pasted}
          onChange={(_, value) => setPasted(value)}
        />
        <FormHelperText>
          <HelperText>
            <HelperTextItem>
              It is sent with every call from this tab, kept only in memory, and discarded when the tab is closed.
              Behind a proxy that signs you in you need none. With kubectl: kubectl create token NAME
            </HelperTextItem>
          </HelperText>
        </FormHelperText>
      </FormGroup>
    </FormDialog>
  );
}
