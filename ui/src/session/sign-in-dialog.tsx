import {
  Button,
  Form,
  FormGroup,
  FormHelperText,
  HelperText,
  HelperTextItem,
  Modal,
  ModalBody,
  ModalFooter,
  ModalHeader,
  TextInput,
} from "@patternfly/react-core";
import { useState } from "react";
import { setToken } from "./token.ts";

/** Takes a token that a person pastes. */
export function SignInDialog({ onClose }: { onClose: () => void }) {
  const [pasted, setPasted] = useState("");
  return (
    <Modal isOpen onClose={onClose} variant="small" aria-labelledby="sign-in-title">
      <ModalHeader title="Sign in with a token" labelId="sign-in-title" />
      <ModalBody tabIndex={0} aria-label="Token">
        <Form
          id="sign-in"
          onSubmit={(event) => {
            event.preventDefault();
            setToken(pasted);
            onClose();
          }}
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
                  It is sent with every call from this tab, kept in memory alone, and gone when the tab is closed.
                  Behind a proxy that signs you in you need none. With kubectl: kubectl create token NAME
                </HelperTextItem>
              </HelperText>
            </FormHelperText>
          </FormGroup>
        </Form>
      </ModalBody>
      <ModalFooter>
        <Button type="submit" form="sign-in" isDisabled={pasted.trim() === ""}>
          Use token
        </Button>
        <Button variant="link" onClick={onClose}>
          Cancel
        </Button>
      </ModalFooter>
    </Modal>
  );
}
