package history

// Notable are actions that context.before.notable and context.after.notable name
// whatever rules are loaded: those by which somebody gets in, stays, gets more rights, hides, takes data
// away or destroys. docs/rules.md has the list.
var Notable = set(
	// to get onto a machine
	"EnableSerialConsoleAccess", "OpenTunnel", "StartSession", "ResumeSession", "SendCommand", "GetPasswordData", "ModifyInstanceAttribute", "CreateKeyPair", "ImportKeyPair",
	"AssociateIamInstanceProfile", "ReplaceIamInstanceProfileAssociation", "ExecuteCommand", "CreateInstanceConnectEndpoint",
	// to open the network
	"AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress", "CreateNetworkAclEntry", "ReplaceNetworkAclEntry", "CreateVpcPeeringConnection", "ModifyDBInstance",
	// to stay
	"CreateAccessKey", "CreateLoginProfile", "UpdateLoginProfile", "CreateUser", "CreateRole", "UpdateAssumeRolePolicy", "CreateServiceSpecificCredential", "UploadSigningCertificate", "CreateVirtualMFADevice",
	"DeactivateMFADevice", "DeleteVirtualMFADevice", "CreateSAMLProvider", "UpdateSAMLProvider", "CreateOpenIDConnectProvider", "GetFederationToken", "CreateFunction", "UpdateFunctionCode", "AddPermission",
	// to get more rights
	"AttachUserPolicy", "AttachRolePolicy", "AttachGroupPolicy", "PutUserPolicy", "PutRolePolicy", "PutGroupPolicy", "CreatePolicyVersion", "SetDefaultPolicyVersion", "AddUserToGroup",
	"DeleteRolePermissionsBoundary", "DeleteUserPermissionsBoundary", "AddRoleToInstanceProfile",
	// to hide
	"StopLogging", "DeleteTrail", "UpdateTrail", "PutEventSelectors", "StopEventDataStoreIngestion", "DeleteEventDataStore", "DeleteDetector", "UpdateDetector", "DeleteMembers", "DisassociateFromMasterAccount",
	"DisassociateFromAdministratorAccount", "CreateIPSet", "DeleteFlowLogs", "DeleteLogGroup", "DeleteLogStream", "DeleteConfigurationRecorder", "StopConfigurationRecorder", "DeleteDeliveryChannel", "DisableSecurityHub",
	"DeleteAlarms", "DisableAlarmActions", "DeleteRule", "DisableRule", "LeaveOrganization", "DeleteWebACL",
	// to take data away
	"GetSecretValue", "BatchGetSecretValue", "ModifySnapshotAttribute", "ModifyDBSnapshotAttribute", "ModifyImageAttribute", "SharedSnapshotVolumeCreated", "PutBucketPolicy", "DeleteBucketPolicy", "PutBucketAcl",
	"DeletePublicAccessBlock", "PutPublicAccessBlock", "PutAccountPublicAccessBlock", "DeleteAccountPublicAccessBlock", "PutBucketReplication", "StartExportTask", "CreateInstanceExportTask", "RestoreDBInstanceFromDBSnapshot",
	// to destroy
	"ScheduleKeyDeletion", "DisableKey", "PutKeyPolicy", "DisableEbsEncryptionByDefault", "PutBucketLifecycle", "PutBucketVersioning", "DeleteBucket", "DeleteDBInstance", "DeleteDBCluster", "DeleteSnapshot",
	"TerminateInstances", "DeleteRecoveryPoint", "DeleteBackupVault",
)

// wide is one of them that changes something for the whole account: it is notable for
// whoever acts in it afterwards.
const wide = "EnableSerialConsoleAccess"

func set(names ...string) map[string]bool {
	all := make(map[string]bool, len(names))
	for _, n := range names {
		all[n] = true
	}
	return all
}
