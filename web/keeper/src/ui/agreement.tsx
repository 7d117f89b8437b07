import { Anchor, Checkbox, Group, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';

type AgreementProps = { id: string; title: string; accepted: boolean; missing: boolean; onChange: (on: boolean) => void; onRead: () => void };

// Agreement is one line: the box, and the title, which opens the text and leaves the box alone.
export function Agreement({ id, title, accepted, missing, onChange, onRead }: AgreementProps) {
  const { t } = useTranslation();
  const [before, name] = t('agreeTo', { title }).split('|'); // the link begins at the bar
  return (
    <div>
      <Group gap="sm" wrap="nowrap" align="start" py={10}>
        <Checkbox id={id} aria-labelledby={`agree-${id}`} checked={accepted} required error={missing} aria-invalid={missing} aria-describedby={missing ? `missing-${id}` : undefined} onChange={(e) => onChange(e.currentTarget.checked)} />
        <Text id={`agree-${id}`}>
          <label htmlFor={id}>{before}</label><Anchor component="button" type="button" inherit ta="left" underline="always" display="inline" style={{ whiteSpace: 'normal' }} data-testid="agreement" onClick={onRead}>{name}</Anchor>
        </Text>
      </Group>
      {missing && <Text id={`missing-${id}`} size="sm" ml={32} c="var(--mantine-color-error)">{t('agreementMissing')}</Text>}
    </div>
  );
}
