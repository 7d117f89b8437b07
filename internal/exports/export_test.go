package exports

import (
	"context"

	"github.com/google/uuid"
)

// Build makes an archive, as its job does.
func (s *Service) Build(ctx context.Context, id uuid.UUID) error { return s.build(ctx, id) }
