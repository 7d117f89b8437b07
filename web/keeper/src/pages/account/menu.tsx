import '../../text/account';
import { Box, Group, Stack, Text, UnstyledButton } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { shown } from '../../api/phones';
import type { MeQuery } from '../../gql/graphql';

// Menu leads to all that a person can change about themselves, and says how it stands.
export function Menu({ me }: { me: NonNullable<MeQuery['viewer']> }) {
  const { t } = useTranslation();
  const groups: [name: string, places: [to: string, name: string, value?: string][]][] = [
    [t('groupProfile'), [
      ['profile', t('personal'), [me.profile.firstName, me.profile.lastName].join(' ')],
      ['email', t('email'), me.email.verified ? me.email.address : `${me.email.address} (${t('emailUnverified')})`],
      ['phone', t('phone'), me.phone && shown(me.phone)], ['certificate', t('certificates'), t(`level_${me.certificate.level}`)],
    ]],
    [t('groupEntry'), [['password', t('password')], ['question', t('securityQuestion')]]],
    [t('groupMoney'), [['limits', t('limitsTitle')], ['refused', t('refusedTitle')], ['blocked', t('blockedTitle')]]],
    [t('groupData'), [['agreements', t('agreementsTitle')], ['export', t('exportTitle')]]],
    ['', [['close', t('closeTitle')]]],
  ];
  return (
    <Stack component="nav" gap="md" aria-label={t('account')} className="menu">
      {groups.map(([group, places]) => (
        <div key={group}>
          {group && <Text size="sm" fw={600} c="dimmed" mb={4}>{group}</Text>}
          {places.map(([to, name, value]) => (
            <UnstyledButton key={to} component={Link} to={`/settings/${to}`} className="row">
              <Group justify="space-between" wrap="nowrap">
                <Box miw={0}>
                  <Text fw={500} c={to === 'close' ? 'var(--mantine-color-error)' : undefined}>{name}</Text>
                  {value && <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>{value}</Text>}
                </Box>
                <Text c="dimmed" aria-hidden="true">›</Text>
              </Group>
            </UnstyledButton>
          ))}
        </div>
      ))}
    </Stack>
  );
}
