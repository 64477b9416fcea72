import { Button, Form, FormGroup, Modal, ModalBody, ModalFooter, ModalHeader, TextInput } from "@patternfly/react-core";
import { type ReactNode, useState } from "react";
import { FailureAlert } from "../states/failure.tsx";

/** Asks before something is taken away, and has its name typed. */
export function Confirm({
  title,
  verb,
  name,
  children,
  error,
  isPending,
  onConfirm,
  onClose,
}: {
  title: string;
  verb: string;
  name: string;
  children: ReactNode;
  error: unknown;
  isPending: boolean;
  onConfirm: () => void;
  onClose: () => void;
}) {
  const [typed, setTyped] = useState("");
  return (
    <Modal isOpen onClose={onClose} variant="small" aria-labelledby="confirm-title">
      <ModalHeader title={title} labelId="confirm-title" titleIconVariant="warning" />
      <ModalBody tabIndex={0} aria-label={title}>
        <p className="kmr-gap-below">{children}</p>
        <Form
          id="confirm"
          onSubmit={(event) => {
            event.preventDefault();
            if (typed === name) onConfirm();
          }}
        >
          <FormGroup label={`Type ${name} to go on`} fieldId="confirm-name">
            <TextInput id="confirm-name" autoComplete="off" value={typed} onChange={(_, value) => setTyped(value)} />
          </FormGroup>
        </Form>
        {error !== null && <FailureAlert error={error} />}
      </ModalBody>
      <ModalFooter>
        <Button
          type="submit"
          form="confirm"
          variant="danger"
          isDisabled={typed !== name || isPending}
          isLoading={isPending}
        >
          {verb}
        </Button>
        <Button variant="link" onClick={onClose}>
          Cancel
        </Button>
      </ModalFooter>
    </Modal>
  );
}
