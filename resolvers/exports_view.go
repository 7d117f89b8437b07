package resolvers

import (
	"purser/graph/model"
	"purser/models"
)

func exportView(e models.DataExport) *model.DataExport {
	return &model.DataExport{Status: model.DataExportStatus(e.Status), RequestedAt: e.RequestedAt, ExpiresAt: e.ExpiresAt}
}
